package io.ennead.cli;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.Chat;
import io.ennead.v1.ChatMessage;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.TokenLogprob;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
    PrintWriter out = spec.commandLine().getOut();
    List<TokenLogprob> seen = new ArrayList<>();
    while (pieces.hasNext()) {
      GenerateResponse piece = pieces.next();
      out.print(json ? JSON.print(piece) + "\n" : piece.getText());
      out.flush();
      seen.addAll(piece.getLogprobsList());
      if (piece.hasFinish() && !json) {
        finish(piece, seen, out);
      }
    }
  }

  private void finish(GenerateResponse last, List<TokenLogprob> logprobs, PrintWriter out) {
    out.println();
    if (!logprobs.isEmpty()) {
      Table table = new Table().row("id", "logprob", "sampled", "alternatives");
      logprobs.forEach(
          token -> table.row(token.getId(), logprob(token), sampled(token), alternatives(token)));
      table.print(out);
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
