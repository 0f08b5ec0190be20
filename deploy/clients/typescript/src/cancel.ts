// Stops reading after five pieces: the router ends the generation and frees its memory.
import * as grpc from "@grpc/grpc-js";
import { asServiceError, connect, PROMPT, within } from "./common.js";

const client = connect();
const pieces = client.Generate(
  { text: PROMPT, stopping: { max_tokens: 400, ignore_eos: true } },
  within(60_000),
);
let read = 0;
try {
  for await (const piece of pieces) {
    read++;
    if (read === 5) {
      pieces.cancel();
    }
  }
} catch (error) {
  console.log(`${grpc.status[asServiceError(error).code]} after ${read} pieces`);
}
client.close();
