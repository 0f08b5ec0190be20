package io.ennead.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a configuration file of ghz says (github.com/bojand/ghz, runner/config.go), in JSON, TOML or
 * YAML. Keys that ask for what a run here does not do are refused by name.
 *
 * @param security how to connect, where the file says so
 * @param data requests as JSON with ghz's templates, taken in turn; empty: none
 */
public record GhzConfig(
    Optional<String> name,
    Map<String, String> tags,
    Optional<String> host,
    Optional<Security> security,
    OptionalInt total,
    OptionalInt concurrency,
    OptionalInt connections,
    OptionalDouble rps,
    Optional<Duration> duration,
    Optional<Duration> timeout,
    Optional<String> output,
    Optional<String> format,
    List<String> data) {
  static final String CALL = "ennead.v1.InferenceService.Generate";

  /** Where there is no file. */
  public static final GhzConfig EMPTY =
      new GhzConfig(
          Optional.empty(),
          Map.of(),
          Optional.empty(),
          Optional.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalDouble.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          List.of());

  private static final Set<String> KEYS =
      Set.of(
          "name",
          "tags",
          "host",
          "cacert",
          "cert",
          "key",
          "total",
          "concurrency",
          "connections",
          "rps",
          "duration",
          "timeout",
          "output",
          "format",
          "data",
          "call",
          "insecure",
          "duration-stop",
          "async");

  /** How a description of the call is found; here it is known. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("proto", "protoset", "import-paths", "reflect-metadata", "cpus", "debug");

  /**
   * Reads a file.
   *
   * @throws GhzConfigException naming the key, its value and what was expected
   */
  public static GhzConfig read(Path file) throws IOException {
    GhzKeys keys = GhzKeys.read(file);
    keys.requireOnly(KEYS, WITHOUT_EFFECT);
    keys.require("call", CALL, CALL);
    keys.require("duration-stop", "wait", "wait: requests under way are awaited and count");
    return new GhzConfig(
        keys.text("name"),
        keys.tags(),
        keys.text("host"),
        security(keys),
        keys.count("total"),
        keys.count("concurrency"),
        keys.count("connections"),
        keys.rate("rps"),
        keys.duration("duration"),
        keys.duration("timeout"),
        keys.text("output"),
        keys.text("format"),
        keys.data());
  }

  // ghz takes TLS where nothing is said; a file for a cluster on this machine need not say it.
  private static Optional<Security> security(GhzKeys keys) {
    Security given = new Security(keys.path("cacert"), keys.path("cert"), keys.path("key"));
    if (given.certificate().isPresent() != given.key().isPresent()) {
      String missing = given.key().isPresent() ? "cert" : "key";
      throw keys.refused(missing, "none", "a file: cert and key go together");
    }
    boolean plaintext = keys.flag("insecure").orElse(given.equals(Security.OF_JAVA));
    return plaintext ? Optional.empty() : Optional.of(given);
  }

  /**
   * TLS, with these files.
   *
   * @param ca certificates that the router is checked with; none: Java's
   * @param certificate of this client
   * @param key of the certificate
   */
  public record Security(Optional<Path> ca, Optional<Path> certificate, Optional<Path> key) {
    static final Security OF_JAVA =
        new Security(Optional.empty(), Optional.empty(), Optional.empty());
  }
}
