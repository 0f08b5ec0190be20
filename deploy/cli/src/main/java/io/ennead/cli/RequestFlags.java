package io.ennead.cli;

import io.ennead.access.Priority;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.StoppingOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of a generation as flags. A flag that is not given leaves the model's default. */
final class RequestFlags {
  @Mixin private SamplingFlags sampling = new SamplingFlags();
  @Mixin private RoutingFlags routing = new RoutingFlags();

  @Option(
      names = "--max-tokens",
      defaultValue = "128",
      paramLabel = "N",
      description = "Tokens to generate at most (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--min-tokens",
      paramLabel = "N",
      description = "Neither end nor look for --stop in the first N tokens.")
  private @Nullable Integer minTokens;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text; may be given several times.")
  private List<String> stop = List.of();

  @Option(
      names = "--priority",
      defaultValue = "normal",
      converter = PriorityConverter.class,
      paramLabel = "PRIORITY",
      description =
          "Who goes first at a busy router: low, normal, high, which a key must allow (default:"
              + " ${DEFAULT-VALUE}).")
  private Priority priority = Priority.NORMAL;

  GenerateRequest.Builder request(String prompt) {
    return GenerateRequest.newBuilder()
        .setText(prompt)
        .setSampling(sampling.options())
        .setStopping(stopping())
        .setRouting(routing.options())
        .setPriority(priority());
  }

  /** Tokens to generate at most. */
  int maxTokens() {
    return maxTokens;
  }

  private io.ennead.v1.Priority priority() {
    return switch (priority) {
      case LOW -> io.ennead.v1.Priority.PRIORITY_LOW;
      case NORMAL -> io.ennead.v1.Priority.PRIORITY_UNSPECIFIED;
      case HIGH -> io.ennead.v1.Priority.PRIORITY_HIGH;
    };
  }

  private StoppingOptions stopping() {
    StoppingOptions.Builder stopping =
        StoppingOptions.newBuilder().setMaxTokens(maxTokens).addAllStop(stop);
    if (minTokens != null) {
      stopping.setMinTokens(minTokens);
    }
    return stopping.build();
  }
}
