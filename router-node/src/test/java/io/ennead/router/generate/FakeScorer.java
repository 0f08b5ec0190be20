package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A scorer whose model is a hash: the logits at a place are random numbers seeded by all tokens of
 * the window before it. Answers at once, or when a test lets it.
 */
public final class FakeScorer implements Scorer {
  /** Width of a hidden state. */
  public static final int HIDDEN = 4;

  /** What was asked for, in order. */
  public final List<ScoreJob> jobs = Collections.synchronizedList(new ArrayList<>());

  /** What was answered to each. */
  public final List<CompletableFuture<ScoredTokens>> answers =
      Collections.synchronizedList(new ArrayList<>());

  private final Deque<Runnable> held = new ArrayDeque<>();
  private final int vocabulary;
  private boolean holding;
  private volatile @Nullable ServingException refusal;

  /** A model of so many tokens. */
  public FakeScorer(int vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** The logits after these tokens. */
  public static float[] logits(int[] context, int vocabulary) {
    Random random = new Random(Arrays.hashCode(context));
    float[] logits = new float[vocabulary];
    for (int id = 0; id < vocabulary; id++) {
      logits[id] = (float) (2 * random.nextGaussian());
    }
    return logits;
  }

  /** The hidden state after these tokens. */
  public static float[] hidden(int[] context) {
    return logits(context, HIDDEN);
  }

  /** Answers from now on only when {@link #answer} is called. */
  public synchronized void hold() {
    holding = true;
  }

  /** How many are held. */
  public synchronized int heldCount() {
    return held.size();
  }

  /** Answers the oldest that is held, or the newest. */
  public void answer(boolean oldest) {
    Runnable job;
    synchronized (this) {
      job = oldest ? held.removeFirst() : held.removeLast();
    }
    job.run();
  }

  /** Refuses what comes from now on; null: no more. */
  public void refuse(@Nullable ServingException failure) {
    refusal = failure;
  }

  @Override
  public CompletableFuture<ScoredTokens> score(ScoreJob job) {
    ServingException failure = refusal;
    if (failure != null) {
      throw failure;
    }
    CompletableFuture<ScoredTokens> answer = new CompletableFuture<>();
    jobs.add(job);
    answers.add(answer);
    if (!hold(() -> run(job, answer))) {
      run(job, answer);
    }
    return answer;
  }

  private synchronized boolean hold(Runnable job) {
    return holding && held.add(job);
  }

  private void run(ScoreJob job, CompletableFuture<ScoredTokens> answer) {
    ScoreTask task = new ScoreTask(job, vocabulary, Optional.empty(), answer);
    for (int i = task.firstLogits(); i < job.fed().length; i++) {
      int[] context = Arrays.copyOf(job.tokens(), i + 1);
      if (task.wantsHidden()) {
        task.hidden(i, hidden(context));
      }
      task.accept(i, logits(context, vocabulary), 0);
    }
    task.finished();
  }
}
