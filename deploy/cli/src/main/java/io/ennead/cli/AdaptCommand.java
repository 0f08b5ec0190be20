package io.ennead.cli;

import io.ennead.cli.adapt.Learner;
import io.ennead.router.profile.ProfileDirectory;
import io.ennead.router.profile.ProfileFile;
import io.ennead.router.profile.ProfileId;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "adapt",
    description =
        "Learns a routing profile from ratings (RecordFeedback) of responses with sampled routing,"
            + " and writes it as the next version; or, with --evaluate, compares profiles by ratings"
            + " that nothing was learned from. Method and limits: docs/feedback.md.")
final class AdaptCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--feedback-db",
      required = true,
      paramLabel = "DB",
      description = "The router's: a file of SQLite, or jdbc:postgresql://host/database?user=...")
  private String database = "";

  @Option(
      names = "--label",
      paramLabel = "LABEL",
      description = "Only ratings with this label (default: all).")
  private String label = "";

  @Option(
      names = "--held-out",
      defaultValue = "0.2",
      paramLabel = "SHARE",
      description =
          "Share of the responses that is kept for --evaluate, by their ids (default:"
              + " ${DEFAULT-VALUE}).")
  private double heldOut;

  @Option(names = "--evaluate", description = "Compare profiles instead of learning one.")
  private boolean evaluate;

  @Option(
      names = "--profiles",
      paramLabel = "DIR",
      description = "Where the profile goes: the directory that routers serve (--profiles).")
  private @Nullable Path profiles;

  @Option(names = "--name", paramLabel = "NAME", description = "The profile's name.")
  private @Nullable String name;

  @Option(
      names = "--max-divergence",
      defaultValue = "0.1",
      paramLabel = "NATS",
      description =
          "How far choices may go from those that were rated, KL per choice (default:"
              + " ${DEFAULT-VALUE}).")
  private double divergence;

  @Option(
      names = "--max-bias",
      defaultValue = "3",
      paramLabel = "B",
      description = "Largest bias of an expert, more than 0 to 8 (default: ${DEFAULT-VALUE}).")
  private double bias;

  @Option(
      names = "--damping",
      defaultValue = "0.1",
      paramLabel = "D",
      description = "Shrinks what is little known (default: ${DEFAULT-VALUE}).")
  private double damping;

  @Option(
      names = "--clip",
      defaultValue = "0.5",
      paramLabel = "C",
      description =
          "Choices that have become more, or less, likely by this share teach no more (default:"
              + " ${DEFAULT-VALUE}).")
  private double clip;

  @Option(
      names = "--discount",
      defaultValue = "0.5",
      paramLabel = "G",
      description =
          "Where tokens have ratings: how much less one counts for each token between it and the"
              + " choice (default: ${DEFAULT-VALUE}).")
  private double discount;

  @Override
  public Integer call() throws SQLException, IOException {
    requireWithin("--held-out", heldOut, 0, 1);
    requireWithin("--max-bias", bias, Double.MIN_VALUE, ProfileFile.MAX_BIAS);
    requireWithin("--max-divergence", divergence, Double.MIN_VALUE, 1);
    requireWithin("--clip", clip, Double.MIN_VALUE, 1);
    requireWithin("--discount", discount, Double.MIN_VALUE, 1);
    requireWithin("--damping", damping, Double.MIN_VALUE, 100);
    try (Learner learner = Learner.open(database, label, heldOut)) {
      if (evaluate) {
        evaluate(learner);
      } else {
        learn(learner);
      }
    }
    return 0;
  }

  private static void requireWithin(String flag, double value, double least, double most) {
    if (!(value >= least && value <= most)) {
      throw new CommandException("%s: %s (expected: %s to %s)".formatted(flag, value, least, most));
    }
  }

  private void learn(Learner learner) throws SQLException, IOException {
    if (profiles == null || name == null) {
      throw new CommandException("--profiles and --name are needed to learn (or --evaluate)");
    }
    ProfileId id = new ProfileId(name, next(profiles, name));
    ProfileFile profile =
        learner.learn(id, new Learner.Limits(divergence, bias, damping, clip, discount));
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%s: %s%n", profile.write(profiles), profile.note());
  }

  private static int next(Path directory, String name) throws IOException {
    return 1
        + ProfileDirectory.list(directory).stream()
            .map(ProfileId::parse)
            .filter(id -> id.name().equals(name))
            .mapToInt(ProfileId::version)
            .max()
            .orElse(0);
  }

  private void evaluate(Learner learner) throws SQLException {
    PrintWriter out = spec.commandLine().getOut();
    out.println("profile                  ratings    mean  95% interval");
    learner
        .evaluate()
        .forEach(
            (profile, worth) ->
                out.printf(
                    Locale.ROOT,
                    "%-24s %7d %7.4f  %.4f to %.4f%n",
                    profile,
                    worth.ratings(),
                    worth.mean(),
                    worth.low(),
                    worth.high()));
  }
}
