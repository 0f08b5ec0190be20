package io.ennead.cli;

import io.ennead.cli.route.Comparison;
import io.ennead.cli.route.Picture;
import io.ennead.cli.route.RoutePage;
import io.ennead.cli.route.RouteRequests;
import io.ennead.cli.route.Run;
import io.ennead.client.EnneadClient;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Model;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.StoppingOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "route",
    description =
        "Continues a text and shows which experts computed each token: as a text on the colours of"
            + " its experts, as tables, and with --html as a page of pictures.")
final class RouteCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private TextFlag prompt = new TextFlag();
  @Mixin private RoutingFlags routing = new RoutingFlags();

  @Option(
      names = "--max-tokens",
      defaultValue = "16",
      converter = CountConverter.class,
      paramLabel = "N",
      description = "Tokens to generate at most (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--temperature",
      defaultValue = "0",
      converter = TemperatureConverter.class,
      paramLabel = "T",
      description = "0: the most likely token always (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--seed",
      converter = SeedConverter.class,
      paramLabel = "N",
      description = "The same seed gives the same text (default: drawn by the server).")
  private @Nullable Long seed;

  @Option(
      names = "--layer",
      converter = IndexConverter.class,
      paramLabel = "L",
      description = "Colour the text by this layer (default: the first one with experts).")
  private @Nullable Integer layer;

  @Option(
      names = "--token",
      converter = IndexConverter.class,
      paramLabel = "INDEX",
      description =
          "Show everything about this token, from 0 (page: the one that is routed in four ways;"
              + " default there: the last of the prompt).")
  private @Nullable Integer token;

  @Option(
      names = "--marks",
      description = "Name the top expert of each token in the text, without colours too.")
  private boolean marks;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the pictures to this file; it needs nothing else to be looked at.")
  private @Nullable Path html;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (html != null) {
      requireWritable(html);
    }
    String text = prompt.read();
    try (EnneadClient client = connection.open()) {
      RouteRequests requests = new RouteRequests(client, connection.limit());
      Model model = requests.model();
      requireLayer(model.getMoeLayersList());
      Run run = requests.run(model, text, request());
      requireLayer(run.trace().layerIds());
      requireToken(run);
      print(run);
      if (html != null) {
        Files.writeString(html, page(requests, run));
      }
    }
    return 0;
  }

  private GenerateRequest request() {
    SamplingOptions.Builder sampling = SamplingOptions.newBuilder().setTemperature(temperature);
    if (seed != null) {
      sampling.setSeed(seed);
    }
    return GenerateRequest.newBuilder()
        .setSampling(sampling)
        .setStopping(StoppingOptions.newBuilder().setMaxTokens(maxTokens))
        .setRouting(routing.options())
        .build();
  }

  private void print(Run run) {
    PrintWriter out = spec.commandLine().getOut();
    new RouteText(run, shownLayer(run), Ansi.AUTO.enabled(), marks).print(out);
    out.println();
    LoadTables.print(run.trace().loads(), out);
    if (token != null) {
      out.println();
      TokenTable.print(run, token, out);
    }
    out.flush();
    if (run.trace().truncated()) {
      spec.commandLine().getErr().println(truncated(run));
    }
    String routingSeed = Long.toUnsignedString(run.finish().getRoutingSeed());
    spec.commandLine().getErr().println(Summary.of(run.finish()) + ", routing seed " + routingSeed);
  }

  private static String truncated(Run run) {
    return ("the trace ends before token %d of %d, at the router's bound of %s bytes;"
            + " the table counts all tokens")
        .formatted(
            run.trace().end(),
            run.tokens().size(),
            Long.toUnsignedString(run.model().getBounds().getTraceBytes()));
  }

  private String page(RouteRequests requests, Run run) {
    int last = Math.min(run.promptTokens(), run.trace().end()) - 1;
    Comparison comparison = requests.compare(run, token == null ? last : token);
    return RoutePage.of(new Picture(run, shownLayer(run), comparison));
  }

  private int shownLayer(Run run) {
    return Optional.ofNullable(layer).orElseGet(() -> run.trace().layerIds().get(0));
  }

  /** A router of before may not tell its layers; then the trace does. */
  private void requireLayer(List<Integer> layers) {
    if (layer != null && !layers.isEmpty() && !layers.contains(layer)) {
      throw wrong("--layer: %d (expected: a layer with experts: %s)".formatted(layer, layers));
    }
  }

  private void requireToken(Run run) {
    if (token != null && !run.trace().covers(token)) {
      throw wrong(
          "--token: %d (expected: %d to %d; %s)"
              .formatted(
                  token,
                  run.trace().first(),
                  run.trace().end() - 1,
                  run.trace().truncated()
                      ? "the router's bound cuts the trace there"
                      : "the last token that is generated is not fed into the model"));
    }
  }

  /** Before anything is computed. */
  private void requireWritable(Path file) {
    Path directory = file.toAbsolutePath().getParent();
    if (Files.isDirectory(file) || directory == null || !Files.isDirectory(directory)) {
      throw wrong("--html: %s (expected: a file in a directory that is there)".formatted(file));
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
