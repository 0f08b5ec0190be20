// Sets the routing temperature of a request and reads which experts did the work.
import { connect, PROMPT, within } from "./common.js";

const client = connect();
for (const temperature of [0.25, 1, 4]) {
  console.log(`routing temperature ${temperature}`);
  const pieces = client.Generate(
    {
      text: PROMPT,
      sampling: { temperature: 0 },
      stopping: { max_tokens: 24 },
      routing: { temperature },
      trace: { level: "TRACE_LEVEL_SUMMARY" },
    },
    within(60_000),
  );
  for await (const piece of pieces) {
    for (const { layer, mean_entropy, expert_tokens } of piece.trace?.summary ?? []) {
      const load = expert_tokens.map((tokens: number) => String(tokens).padStart(3)).join(" ");
      console.log(`  layer ${layer}: entropy ${mean_entropy.toFixed(3)}, tokens per expert ${load}`);
    }
  }
}
client.close();
