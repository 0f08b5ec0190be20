package io.ennead.cli;

import io.ennead.cli.bench.GhzConfig;
import io.ennead.cli.bench.GivenRequests;
import io.ennead.client.load.Arrivals;
import io.ennead.client.load.Lengths;
import io.ennead.client.load.LoadPlan;
import io.ennead.client.load.LoadPlan.Objective;
import io.ennead.client.load.RequestMix;
import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is sent and when: flags, and what a ghz file says where there is no flag. */
final class TrafficFlags {
  private static final int TOTAL = 200;
  private static final int CLIENTS = 8;
  private static final String LENGTH = "32";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "A ghz configuration file (.json, .toml or .yaml). Flags win over it.")
  private @Nullable Path file;

  @Option(
      names = "--concurrency",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Closed loop: N requests under way at any time (default: " + CLIENTS + ").")
  private @Nullable Integer concurrency;

  @Option(
      names = "--rps",
      paramLabel = "R",
      description =
          "Open loop: R requests per second at random moments (Poisson). Times count from the moment"
              + " a request is due.")
  private @Nullable Double rps;

  @Option(
      names = "--total",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Requests to send (default: " + TOTAL + "; with --duration: no limit).")
  private @Nullable Integer total;

  @Option(
      names = "--duration",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Send for so long. Requests that are under way then are awaited and count.")
  private @Nullable Duration duration;

  @Option(
      names = "--connections",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Connections that requests take turns on (default: 1).")
  private @Nullable Integer connections;

  @Option(
      names = "--prompt-tokens",
      converter = LengthsConverter.class,
      paramLabel = "MIX",
      description =
          "Lengths of prompts (random token ids): 64, 16-256 or 64:3,512-900:1, each with its"
              + " weight (default: "
              + LENGTH
              + ").")
  private @Nullable Lengths promptTokens;

  @Option(
      names = "--tokens",
      converter = LengthsConverter.class,
      paramLabel = "MIX",
      description = "Tokens of the answers, in the same way (default: " + LENGTH + ").")
  private @Nullable Lengths tokens;

  @Option(
      names = "--slo-first-token",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Only requests with a first token within TIME are good.")
  private @Nullable Duration firstToken;

  @Option(
      names = "--slo-token",
      converter = DurationConverter.class,
      paramLabel = "TIME",
      description = "Only requests with at most TIME between tokens on average are good.")
  private @Nullable Duration perToken;

  @Option(
      names = "--seed",
      defaultValue = "1",
      paramLabel = "N",
      description = "Seed of lengths, prompts and moments (default: ${DEFAULT-VALUE}).")
  private long seed;

  GhzConfig config() throws IOException {
    return file == null ? GhzConfig.EMPTY : GhzConfig.read(file);
  }

  int connections(GhzConfig config) {
    return connections == null ? config.connections().orElse(1) : connections;
  }

  LoadPlan plan(GhzConfig config, Duration timeout) {
    Optional<Duration> sending = Optional.ofNullable(duration).or(config::duration);
    boolean given = !config.data().isEmpty();
    if (given && (promptTokens != null || tokens != null)) {
      throw new CommandException(
          "--prompt-tokens and --tokens are for random prompts, and the file brings its own (data)");
    }
    return new LoadPlan(
        arrivals(config),
        total(config, sending.isPresent()),
        sending,
        timeout,
        given ? Optional.empty() : Optional.of(orUsual(promptTokens)),
        given ? Optional.empty() : Optional.of(orUsual(tokens)),
        new Objective(Optional.ofNullable(firstToken), Optional.ofNullable(perToken)),
        seed);
  }

  private Arrivals arrivals(GhzConfig config) {
    if (rps != null && concurrency != null) {
      throw new CommandException("--rps and --concurrency: one or the other");
    }
    if (rps != null) {
      return new Arrivals.Poisson(rps);
    }
    if (concurrency != null) {
      return new Arrivals.Closed(concurrency);
    }
    return config.rps().isPresent()
        ? new Arrivals.Poisson(config.rps().getAsDouble())
        : new Arrivals.Closed(config.concurrency().orElse(CLIENTS));
  }

  private int total(GhzConfig config, boolean limited) {
    OptionalInt given = total == null ? config.total() : OptionalInt.of(total);
    return given.orElse(limited ? Integer.MAX_VALUE : TOTAL);
  }

  private static Lengths orUsual(@Nullable Lengths lengths) {
    return lengths == null ? Lengths.parse(LENGTH) : lengths;
  }

  /** Requests of a plan. */
  Supplier<GenerateRequest> requests(GhzConfig config, int vocabulary) {
    return config.data().isEmpty()
        ? new RequestMix(orUsual(promptTokens), orUsual(tokens), vocabulary, seed)
        : new GivenRequests(config.data());
  }
}
