package io.ennead.examples;

import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import java.util.Objects;

/** What the examples share. */
final class Common {
  static final String PROMPT = "Once upon a time there was a";

  private Common() {}

  /** Without TLS, to ENNEAD_ADDR. */
  static EnneadClient connect() {
    String address = System.getenv("ENNEAD_ADDR");
    return EnneadClient.builder(Objects.requireNonNullElse(address, "localhost:8470")).build();
  }

  /** The router's reason, as the protocol spells it. */
  static String reason(ServingException failure) {
    return failure.reason().name().replace("ERROR_REASON_", "");
  }
}
