// Shows a continuation as it is made: text comes when it is certain, mostly a token at a time.
import { connect, PROMPT, within } from "./common.js";

const client = connect();
const pieces = client.Generate(
  {
    text: PROMPT,
    sampling: { temperature: 0.8, top_p: 0.95, seed: 7 },
    stopping: { max_tokens: 24 },
  },
  within(60_000),
);
for await (const piece of pieces) {
  process.stdout.write(`[${piece.text}]`);
}
console.log();
client.close();
