// Connects with TLS, shows an API key, and what happens without one.
import * as grpc from "@grpc/grpc-js";
import { readFileSync } from "node:fs";
import { connect, reason, within } from "./common.js";

const { ENNEAD_SECURE_ADDR, ENNEAD_TLS_CA, ENNEAD_API_KEY_FILE } = process.env as Record<string, string>;
const tls = grpc.credentials.createSsl(readFileSync(ENNEAD_TLS_CA));
const key = readFileSync(ENNEAD_API_KEY_FILE, "utf8").trim();
const client = connect(ENNEAD_SECURE_ADDR, tls);

const keyed = new grpc.Metadata();
keyed.set("authorization", `Bearer ${key}`);
for (const metadata of [keyed, new grpc.Metadata()]) {
  await new Promise<void>((done) => {
    client.ListModels({}, metadata, within(10_000), (error, response) => {
      console.log(error ? `without a key: ${reason(error)}` : `serves ${response?.models.map((model) => model.name).join(" ")}`);
      done();
    });
  });
}
client.close();
