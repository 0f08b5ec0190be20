package io.ennead.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.client.EnneadClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "perplexity",
    description =
        "Scores the texts of a file, one JSON object with a field \"text\" per line, and shows"
            + " their perplexity and how many tokens were scored per second.")
final class PerplexityCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Parameters(paramLabel = "FILE", description = "The file, JSON lines.")
  private Path file = Path.of("");

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<String> texts = texts(file);
    long start = System.nanoTime();
    try (EnneadClient client = connection.open()) {
      Perplexity perplexity = Perplexity.of(client, texts, connection.limit());
      double seconds = (System.nanoTime() - start) / 1e9;
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%d texts, %d tokens: perplexity %.4f, %.0f tokens/s%n",
              texts.size(),
              perplexity.tokens(),
              perplexity.value(),
              perplexity.tokens() / seconds);
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  static List<String> texts(Path file) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String> texts = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      JsonNode text = json.readTree(line).path("text");
      if (!text.isTextual()) {
        throw new CommandException(
            "%s, line %d: no text (expected: an object with a field \"text\")"
                .formatted(file, texts.size() + 1));
      }
      texts.add(text.textValue());
    }
    return texts;
  }
}
