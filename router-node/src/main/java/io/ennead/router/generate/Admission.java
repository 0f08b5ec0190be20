package io.ennead.router.generate;

import static java.util.Objects.requireNonNullElse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.access.Priority;
import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who may come in and wait. The queue is bounded in sequences, in tokens of prompts and in time,
 * and whoever does not fit is refused at once. A tenant that is known by name may hold as much of
 * the queue as is free, times its share: n equal tenants that flood hold 1/(n + 1) of it each, and
 * as much is left for the next one. Thread-safe.
 */
final class Admission {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final QueueLimits limits;
  private final int places;
  private final RefusalListener refusals;

  /** Of those that wait; tenants of whom nothing waits are not there. */
  @GuardedBy("this")
  private final Map<String, Waiting> tenants = new HashMap<>();

  /** Sequences that wait or run: what bounds the loop's commands too. */
  @GuardedBy("this")
  private int inside;

  @GuardedBy("this")
  private long waitingTokens;

  /**
   * An empty house.
   *
   * @param maxBatch sequences that run at once
   */
  Admission(int maxBatch, QueueLimits limits, RefusalListener refusals) {
    this.limits = limits;
    this.places = maxBatch + limits.sequences();
    this.refusals = refusals;
  }

  /** What of the queue a request did not fit. */
  enum Bound {
    SEQUENCES("request queue"),
    TOKENS("request queue's tokens"),
    TIME("request queue's time in milliseconds"),
    SHARE("tenant's share of the request queue"),
    SHARE_OF_TOKENS("tenant's share of the request queue's tokens");

    private final String queue;

    Bound(String queue) {
      this.queue = queue;
    }
  }

  /** Told of every refusal. */
  @FunctionalInterface
  interface RefusalListener {
    void refused(Bound bound);
  }

  /** What waits of one tenant. */
  private static final class Waiting {
    private final Map<Priority, Set<Sequence>> lines = new EnumMap<>(Priority.class);
    private int sequences;
    private long tokens;

    /** In order of arrival. */
    Set<Sequence> line(Priority priority) {
      return lines.computeIfAbsent(priority, p -> new LinkedHashSet<>());
    }
  }

  /**
   * Lets a sequence and its siblings in, to wait.
   *
   * @throws ServingException QUEUE_FULL
   */
  synchronized void enter(Sequence sequence) {
    requireTime(sequence, System.nanoTime());
    int size = size(sequence);
    int tokens = sequence.promptLength();
    int free = places - inside;
    long freeTokens = limits.tokens() - waitingTokens;
    require(size <= free, Bound.SEQUENCES, limits.sequences());
    require(tokens <= freeTokens, Bound.TOKENS, limits.tokens());
    Tenant tenant = sequence.claim().tenant();
    if (tenant.named()) {
      Waiting own = requireNonNullElse(tenants.get(tenant.name()), new Waiting());
      long share = (long) tenant.share() * free;
      require(own.sequences + size <= share, Bound.SHARE, share);
      long tokenShare = tenant.share() * freeTokens;
      require(own.tokens + tokens <= tokenShare, Bound.SHARE_OF_TOKENS, tokenShare);
    }
    Waiting own = tenants.computeIfAbsent(tenant.name(), name -> new Waiting());
    own.line(sequence.claim().priority()).add(sequence);
    own.sequences += size;
    own.tokens += tokens;
    waitingTokens += tokens;
    inside += size;
  }

  private static int size(Sequence sequence) {
    return 1 + sequence.siblings().size();
  }

  /**
   * Who comes now waits as long as the first of its line has, or longer: too long for everybody, or
   * for this one's deadline.
   */
  @GuardedBy("this")
  private void requireTime(Sequence sequence, long now) {
    Waiting own = tenants.get(sequence.claim().tenant().name());
    Iterator<Sequence> line =
        own == null
            ? Set.<Sequence>of().iterator()
            : own.line(sequence.claim().priority()).iterator();
    if (line.hasNext()) {
      long limit = Math.min(limits.time().toNanos(), sequence.timeLeft(now));
      boolean soonEnough = now - line.next().arrived() <= limit;
      require(soonEnough, Bound.TIME, Math.max(0, Duration.ofNanos(limit).toMillis()));
    }
  }

  private void require(boolean fits, Bound bound, long limit) {
    if (!fits) {
      refusals.refused(bound);
      throw ServingException.queueFull(bound.queue, limit, RETRY_AFTER);
    }
  }

  /** A sequence waits no longer: it has its place in the batch, or leaves. Harmless twice. */
  synchronized void waitsNoLonger(Sequence sequence) {
    Waiting own = tenants.get(sequence.claim().tenant().name());
    if (own == null || !own.line(sequence.claim().priority()).remove(sequence)) {
      return;
    }
    own.sequences -= size(sequence);
    own.tokens -= sequence.promptLength();
    waitingTokens -= sequence.promptLength();
    if (own.sequences == 0) {
      tenants.remove(sequence.claim().tenant().name());
    }
  }

  /** A sequence, without its siblings, has left. */
  synchronized void left(Sequence sequence) {
    waitsNoLonger(sequence);
    inside--;
  }

  /** Tokens of prompts that wait. */
  synchronized long waitingTokens() {
    return waitingTokens;
  }
}
