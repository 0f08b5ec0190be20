// What the examples share: a client of a router, and Ennead's reason of an error.
import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { fileURLToPath } from "node:url";
import type { InferenceServiceClient } from "./gen/ennead/v1/InferenceService.js";
import type { ProtoGrpcType } from "./gen/inference_service.js";

export const PROMPT = "Once upon a time there was a";

const protos = fileURLToPath(new URL("../../../../proto/src/main/proto", import.meta.url));
const definition = loader.loadSync("ennead/v1/inference_service.proto", {
  includeDirs: [protos],
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
});
const { ennead } = grpc.loadPackageDefinition(definition) as unknown as ProtoGrpcType;

/** Without TLS, to ENNEAD_ADDR, unless told otherwise. */
export function connect(
  address = process.env.ENNEAD_ADDR ?? "localhost:8470",
  credentials = grpc.credentials.createInsecure(),
): InferenceServiceClient {
  return new ennead.v1.InferenceService(address, credentials);
}

/** A deadline so many milliseconds from now. */
export function within(milliseconds: number): grpc.CallOptions {
  return { deadline: Date.now() + milliseconds };
}

// google/rpc/status.proto and error_details.proto, as far as they are needed here.
const { root } = protobuf.parse(
  `syntax = "proto3";
   message Any { string type_url = 1; bytes value = 2; }
   message Status { repeated Any details = 3; }
   message ErrorInfo { string reason = 1; }`,
  { keepCase: true },
);

/** The router's reason; gRPC's code where the router was not asked or said nothing. */
export function reason(error: grpc.ServiceError): string {
  const [status] = error.metadata.get("grpc-status-details-bin");
  const details = status ? root.lookupType("Status").decode(status as Buffer).toJSON().details : [];
  for (const { type_url, value } of details ?? []) {
    if (type_url.endsWith("/google.rpc.ErrorInfo")) {
      return root.lookupType("ErrorInfo").decode(Buffer.from(value, "base64")).toJSON().reason;
    }
  }
  return grpc.status[error.code];
}

/** Errors that are shown here are gRPC's; others are mistakes of the program. */
export function asServiceError(error: unknown): grpc.ServiceError {
  if (error instanceof Error && "code" in error && "metadata" in error) {
    return error as grpc.ServiceError;
  }
  throw error;
}
