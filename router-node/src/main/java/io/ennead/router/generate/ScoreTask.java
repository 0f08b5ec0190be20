package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.generate.ScoreJob.Detail;
import io.ennead.router.generate.ScoreJob.Labels;
import io.ennead.router.generate.ScoreJob.Run;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.sample.Likelihood;
import io.ennead.router.sample.LogProbs;
import io.ennead.router.sample.LogitRow;
import io.ennead.router.sample.SoftLabel;
import io.ennead.router.trace.RoutingTrace;
import io.ennead.router.trace.TraceRecorder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/**
 * Scores one text: the probability of each token after those before it, and sums of likelihoods. No
 * logits are kept, but for the labels that the job asks for. Owned by the generation loop's thread,
 * which gives the positions in order.
 */
final class ScoreTask implements SequenceTask {
  private final ScoreJob job;
  private final int vocabulary;
  private final CompletableFuture<ScoredTokens> result;
  private final Optional<TraceRecorder> recorder;
  private final List<RoutingTrace> traces = new ArrayList<>();
  private final List<ScoredToken> scored = new ArrayList<>();
  private final List<SoftLabel> labels = new ArrayList<>();
  private final List<Likelihood[]> sums = new ArrayList<>();
  private float[] hidden = {}; // of the position whose logits come next

  ScoreTask(
      ScoreJob job,
      int vocabulary,
      Optional<TraceRecorder> recorder,
      CompletableFuture<ScoredTokens> result) {
    this.job = job;
    this.recorder = recorder;
    this.vocabulary = vocabulary;
    this.result = result;
    sums.add(empty(job.runs().get(0)));
  }

  private static Likelihood[] empty(Run run) {
    return Arrays.stream(run.inverseTemperatures())
        .mapToObj(Likelihood::none)
        .toArray(Likelihood[]::new);
  }

  @Override
  public Logits promptLogits() {
    return Logits.ALL;
  }

  @Override
  public int firstLogits() {
    return job.from() - 1;
  }

  @Override
  public int distributions() {
    return job.runs().stream()
        .mapToInt(run -> run.inverseTemperatures().length)
        .reduce(1, Math::max);
  }

  @Override
  public int maxTokens() {
    return 0;
  }

  @Override
  public void admitted() {}

  @Override
  public Optional<TraceRecorder> recorder() {
    return recorder;
  }

  @Override
  public void traced(RoutingTrace piece) {
    traces.add(piece);
  }

  @Override
  public boolean wantsHidden() {
    return job.labels().filter(Labels::hidden).isPresent();
  }

  @Override
  public void hidden(int position, float[] row) {
    hidden = row;
  }

  @Override
  public OptionalInt accept(int position, float[] logits, int offset) {
    int next = position + 1;
    if (next >= job.from() && next < job.tokens().length) {
      Run run = runOf(next);
      if (job.labels().isPresent()) {
        labels.add(job.labels().get().of(LogitRow.of(logits, offset, vocabulary)).from(hidden));
      }
      if (job.detail().isPresent() || run.inverseTemperatures().length > 0) {
        score(job.tokens()[next], run, LogitRow.of(logits, offset, vocabulary));
      }
    }
    return OptionalInt.empty();
  }

  private Run runOf(int token) {
    while (token >= job.runs().get(sums.size() - 1).end()) {
      sums.add(empty(job.runs().get(sums.size())));
    }
    return job.runs().get(sums.size() - 1);
  }

  private void score(int token, Run run, LogitRow row) {
    double[] inverses = run.inverseTemperatures();
    double[] tempered = new double[inverses.length];
    Likelihood[] sum = sums.get(sums.size() - 1);
    LogProbs plain = null;
    for (int i = 0; i < inverses.length; i++) {
      LogProbs at = row.at(inverses[i]);
      plain = inverses[i] == 1 ? at : plain;
      tempered[i] = at.of(token);
      sum[i] = sum[i].plus(at.likelihood(token));
    }
    if (job.detail().isPresent()) {
      scored.add(tell(token, plain == null ? row.at(1) : plain, tempered, job.detail().get()));
    }
  }

  private static ScoredToken tell(int token, LogProbs plain, double[] tempered, Detail detail) {
    return new ScoredToken(
        plain.of(token),
        plain.rank(token),
        plain.entropy(),
        detail.top() == 0 ? List.of() : plain.top(detail.top()),
        Arrays.copyOf(tempered, detail.tempered()));
  }

  @Override
  public void finished() {
    runOf(job.tokens().length - 1);
    result.complete(
        new ScoredTokens(
            scored,
            labels,
            sums.stream().map(Arrays::asList).toList(),
            recorder.map(own -> new ScoreTrace(traces, own.summary()))));
  }

  @Override
  public void failed(ServingException failure) {
    result.completeExceptionally(failure);
  }
}
