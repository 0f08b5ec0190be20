package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.client.Scoring;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.ScoreSummary;
import io.ennead.v1.TemperatureFit;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * Scores of many pieces of text together, and the temperature at which all of them are most likely:
 * the router gives each piece's likelihood and its derivatives at the temperatures asked for, which
 * add up. Several passes over the pieces, all groups' fits at once.
 */
final class JointScores {
  private static final int CALLERS = 8;

  private final Map<String, JointSums> groups = new LinkedHashMap<>();
  private final JointSums all = new JointSums();
  private int passes;

  private JointScores() {}

  /** A text, or a part of one, and the group that it counts for. */
  record Piece(String group, ScoreStreamRequest request) {}

  /**
   * What pieces come to together.
   *
   * @param loss mean negative log-probability in nats
   * @param fit when it was asked for
   */
  record Group(long tokens, double loss, Optional<TemperatureFit> fit) {
    double perplexity() {
      return Math.exp(loss);
    }
  }

  /** Scores pieces, several at a time. */
  static JointScores of(EnneadClient client, List<Piece> pieces, boolean fit, Duration limit)
      throws InterruptedException {
    JointScores scores = new JointScores();
    pieces.forEach(piece -> scores.groups.computeIfAbsent(piece.group(), name -> new JointSums()));
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try {
      do {
        scores.pass(client, pieces, fit, limit, callers);
      } while (fit && scores.unfinished());
      return scores;
    } finally {
      callers.shutdownNow();
    }
  }

  int passes() {
    return passes;
  }

  Map<String, Group> groups() {
    Map<String, Group> map = new LinkedHashMap<>();
    groups.forEach((name, sums) -> map.put(name, sums.group()));
    return map;
  }

  Group all() {
    return all.group();
  }

  private boolean unfinished() {
    return !all.wanted().isEmpty() || groups.values().stream().anyMatch(s -> !s.wanted().isEmpty());
  }

  private void pass(
      EnneadClient client, List<Piece> pieces, boolean fit, Duration limit, ExecutorService callers)
      throws InterruptedException {
    Map<Piece, Future<ScoreSummary>> summaries = new IdentityHashMap<>();
    for (Piece piece : pieces) {
      List<Double> wanted = fit ? wanted(group(piece)) : List.of(1.0);
      if (!wanted.isEmpty()) {
        ScoreStreamRequest.Builder request = piece.request().toBuilder();
        request.getScoreBuilder().addAllTemperatures(wanted);
        summaries.put(piece, callers.submit(() -> summary(client, request.build(), limit)));
      }
    }
    for (Piece piece : pieces) { // in their order, so that the sums have the same bits every time
      Future<ScoreSummary> summary = summaries.get(piece);
      if (summary != null) {
        ScoreSummary result = result(summary);
        all.add(result);
        group(piece).add(result);
      }
    }
    passes++;
    all.endPass(fit);
    groups.values().forEach(group -> group.endPass(fit));
  }

  private JointSums group(Piece piece) {
    return Objects.requireNonNull(groups.get(piece.group()));
  }

  /** The temperatures that a group's pieces are scored at: for the group, and for all. */
  private List<Double> wanted(JointSums group) {
    return Stream.concat(all.wanted().stream(), group.wanted().stream()).distinct().toList();
  }

  private static ScoreSummary summary(
      EnneadClient client, ScoreStreamRequest request, Duration limit) {
    ScoreStreamResponse last = ScoreStreamResponse.getDefaultInstance();
    try (Scoring scores = client.scoreStream(request, limit)) {
      while (scores.hasNext()) {
        last = scores.next();
      }
    }
    return last.getSummary();
  }

  private static ScoreSummary result(Future<ScoreSummary> summary) throws InterruptedException {
    try {
      return summary.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }
}
