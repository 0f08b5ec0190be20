// Gives a request less time than it takes: it ends in time, at the router too.
import { asServiceError, connect, PROMPT, reason, within } from "./common.js";

const client = connect();
const pieces = client.Generate(
  { text: PROMPT, stopping: { max_tokens: 400, ignore_eos: true } },
  within(100),
);
try {
  for await (const piece of pieces) {
    // Whatever comes in time is good.
  }
} catch (error) {
  console.log(reason(asServiceError(error)));
}
client.close();
