package io.ennead.cli;

import io.ennead.cli.JointScores.Group;
import io.ennead.cli.JointScores.Piece;
import io.ennead.client.EnneadClient;
import io.ennead.v1.ScoreRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Many texts in one file: what to score, and the table of the outcome. */
final class JsonlFlags {
  @Option(
      names = "--jsonl",
      paramLabel = "FILE",
      description =
          "Score the texts of a file, one JSON object with a field \"text\" per line; their"
              + " temperature is that of all together.")
  private @Nullable Path file;

  @Option(
      names = "--by",
      paramLabel = "FIELD",
      description = "With --jsonl: also for each value of this field.")
  private @Nullable String by;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      converter = CountConverter.class,
      description =
          "With --jsonl: cut each text into chunks of N tokens that know nothing of each other, each"
              + " after the text's beginning-of-sequence token. (Default: windows that overlap.)")
  private @Nullable Integer chunk;

  @Option(names = "--no-fit", description = "With --jsonl: one pass, and no temperatures.")
  private boolean noFit;

  /** Whether there is such a file. */
  boolean given() {
    if (file == null && (by != null || chunk != null || noFit)) {
      throw new CommandException("--by, --chunk and --no-fit are for --jsonl, which is not given");
    }
    return file != null;
  }

  void score(EnneadClient client, ScoreFlags flags, Duration limit, PrintWriter out)
      throws IOException, InterruptedException {
    if (file == null) {
      return;
    }
    List<LabelledText> texts = LabelledText.read(file, by);
    List<Piece> pieces = pieces(client, flags, texts, limit);
    long start = System.nanoTime();
    JointScores scores = JointScores.of(client, pieces, !noFit, limit);
    double seconds = (System.nanoTime() - start) / 1e9;
    Group all = scores.all();
    print(scores, out);
    out.printf(
        Locale.ROOT,
        "%d texts, %d tokens: perplexity %.4f, %.0f tokens/s%n",
        texts.size(),
        all.tokens(),
        all.perplexity(),
        all.tokens() * scores.passes() / seconds);
    out.flush();
  }

  private List<Piece> pieces(
      EnneadClient client, ScoreFlags flags, List<LabelledText> texts, Duration limit) {
    List<Piece> pieces = new ArrayList<>();
    for (LabelledText text : texts) {
      if (chunk == null) {
        ScoreRequest.Builder score = ScoreRequest.newBuilder().setText(text.text());
        pieces.add(new Piece(text.label(), flags.stream(score).build()));
        continue;
      }
      for (ScoreRequest.Builder score : Chunks.of(client, text.text(), chunk, limit)) {
        int length = score.getTokenIds().getIdsCount();
        pieces.add(new Piece(text.label(), flags.window(score, length).build()));
      }
    }
    return pieces;
  }

  private void print(JointScores scores, PrintWriter out) {
    Table table = new Table();
    table.row(by == null ? "" : by, "tokens", "loss", "perplexity", "temperature");
    if (by != null) {
      for (Map.Entry<String, Group> group : scores.groups().entrySet()) {
        add(table, group.getKey(), group.getValue());
      }
    }
    add(table, "all", scores.all());
    table.print(out);
    out.println();
  }

  private static void add(Table table, String name, Group group) {
    table.row(
        name,
        group.tokens(),
        String.format(Locale.ROOT, "%.3f", group.loss()),
        String.format(Locale.ROOT, "%.2f", group.perplexity()),
        group.fit().map(FitWords::of).orElse("-"));
  }
}
