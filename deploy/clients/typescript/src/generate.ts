// Continues a prompt and waits for the whole answer.
import { connect, PROMPT, within } from "./common.js";

const client = connect();
const pieces = client.Generate(
  {
    text: PROMPT,
    sampling: { temperature: 0, seed: 1 },
    stopping: { max_tokens: 24 },
  },
  within(60_000),
);
let text = "";
for await (const piece of pieces) {
  text += piece.text;
  if (piece.finish) {
    const { prompt_tokens, generated_tokens, seed, reason } = piece.finish;
    console.log(PROMPT + text);
    console.log(`${prompt_tokens} + ${generated_tokens} tokens, seed ${seed}, ${reason}`);
  }
}
client.close();
