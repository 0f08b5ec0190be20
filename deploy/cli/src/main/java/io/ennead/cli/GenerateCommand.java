package io.ennead.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.ennead.cli.route.LayerLoad;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.Chat;
import io.ennead.v1.ChatMessage;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenLogprob;
import io.ennead.v1.TraceOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "generate",
    description =
        "Continues a text; the continuation goes to stdout as it is made, figures to stderr.")
final class GenerateCommand implements Callable<Integer> {
  private static final JsonFormat.Printer JSON =
      JsonFormat.printer().omittingInsignificantWhitespace();

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();
  @Mixin private TextFlag prompt = new TextFlag();
  @Mixin private RequestFlags flags = new RequestFlags();

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      description =
          "Also show each token's log-probability, before and after the samplers, and N"
              + " alternatives.")
  private @Nullable Integer logprobs;

  @Option(
      names = "--chat",
      description = "The text is what the user says: prompt by the model's chat template.")
  private boolean chat;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "With --chat: a message of the system in front.")
  private @Nullable String system;

  @Option(
      names = "--continuations",
      converter = CountConverter.class,
      defaultValue = "1",
      paramLabel = "N",
      description = "Continuations of the one prompt (default: ${DEFAULT-VALUE}).")
  private int continuations;

  @Option(
      names = "--trace",
      defaultValue = "none",
      paramLabel = "LEVEL",
      description =
          "Routing to show: none; summary: a table by layer; full: with --json, everything"
              + " (default: none; see also route).")
  private TraceDetail trace = TraceDetail.NONE;

  @Option(names = "--json", description = "Print each piece of the response as a line of JSON.")
  private boolean json;

  @Override
  public Integer call() throws IOException, InterruptedException {
    GenerateRequest.Builder request = flags.request(prompt.read());
    if (chat) {
      request.setChat(conversation(request.getText()));
    }
    if (logprobs != null) {
      request.setLogprobs(logprobs);
    }
    if (continuations > 1) {
      request.setN(continuations);
    }
    if (trace != TraceDetail.NONE) {
      request.setTrace(TraceOptions.newBuilder().setLevel(trace.level()));
    }
    try (EnneadClient client = connection.open();
        Generation pieces = client.generate(request.build(), connection.limit())) {
      print(pieces);
    }
    return 0;
  }

  private Chat conversation(String text) {
    Chat.Builder messages = Chat.newBuilder();
    if (system != null) {
      messages.addMessages(ChatMessage.newBuilder().setRole("system").setContent(system));
    }
    return messages.addMessages(ChatMessage.newBuilder().setRole("user").setContent(text)).build();
  }

  private void print(Generation pieces) throws InvalidProtocolBufferException {
    Map<Integer, Continuation> seen = new HashMap<>();
    while (pieces.hasNext()) {
      GenerateResponse piece = pieces.next();
      if (json) {
        spec.commandLine().getOut().println(JSON.print(piece));
        spec.commandLine().getOut().flush();
      } else {
        print(piece, seen.computeIfAbsent(piece.getIndex(), index -> new Continuation()));
      }
    }
  }

  /**
   * What came of one continuation: one alone is shown as it is made, several when they are done.
   */
  private static final class Continuation {
    private final StringBuilder text = new StringBuilder();
    private final List<TokenLogprob> logprobs = new ArrayList<>();
  }

  private void print(GenerateResponse piece, Continuation seen) {
    PrintWriter out = spec.commandLine().getOut();
    seen.logprobs.addAll(piece.getLogprobsList());
    if (continuations == 1) {
      out.print(piece.getText());
      out.flush();
    } else {
      seen.text.append(piece.getText());
    }
    if (piece.hasFinish()) {
      finish(piece, seen, out);
    }
  }

  private void finish(GenerateResponse last, Continuation seen, PrintWriter out) {
    if (continuations > 1) {
      out.printf("[%d] %s", last.getIndex(), seen.text);
    }
    out.println();
    if (!seen.logprobs.isEmpty()) {
      Table table = new Table().row("id", "logprob", "sampled", "alternatives");
      seen.logprobs.forEach(
          token -> table.row(token.getId(), logprob(token), sampled(token), alternatives(token)));
      table.print(out);
    }
    if (last.getTrace().getSummaryCount() > 0) {
      LoadTables.print(last.getTrace().getSummaryList().stream().map(LayerLoad::of).toList(), out);
    }
    out.flush();
    spec.commandLine().getErr().println(Summary.of(last.getFinish()));
  }

  private static String alternatives(TokenLogprob token) {
    return token.getTopList().stream()
        .map(top -> top.getId() + ":" + logprob(top))
        .collect(Collectors.joining(" "));
  }

  private static String logprob(TokenLogprob token) {
    return shown(token.getLogprob());
  }

  /** As it was drawn from, after all sampling options. */
  private static String sampled(TokenLogprob token) {
    return token.hasSampledLogprob() ? shown(token.getSampledLogprob()) : "-";
  }

  private static String shown(double logprob) {
    return String.format(Locale.ROOT, "%.4f", logprob);
  }
}
