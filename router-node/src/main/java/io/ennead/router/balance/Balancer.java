package io.ennead.router.balance;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.peer.ExpertHolder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves experts between nodes while requests go on: a node frees an expert only when another is
 * seen to hold it, and never the last one. One change at a time; thread-safe.
 */
public final class Balancer {
  private static final Logger logger = LoggerFactory.getLogger(Balancer.class);

  /** How long a node may load or free experts. */
  public static final Duration LOAD_LIMIT = Duration.ofMinutes(10);

  private static final Duration SEEN_LIMIT = Duration.ofSeconds(30);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
  private static final long POLL_MILLIS = 20;

  private final Supplier<List<ExpertHolder>> nodes;
  private final ExpertRowCounts loads;
  private final ReentrantLock change = new ReentrantLock();

  /**
   * A balancer.
   *
   * @param nodes all of them, whenever asked
   * @param loads what experts had to do
   */
  public Balancer(Supplier<List<ExpertHolder>> nodes, ExpertRowCounts loads) {
    this.nodes = nodes;
    this.loads = loads;
  }

  /** All nodes now. */
  public List<ExpertHolder> nodes() {
    return nodes.get();
  }

  /** What experts had to do since the last rebalancing. */
  public ExpertRowCounts loads() {
    return loads;
  }

  /** What would be moved now. */
  public Plan plan(BalanceOptions options) {
    return new Planner(nodes(), options).plan(loads.rows());
  }

  /**
   * Plans, and moves one expert after the other; loads are measured anew from then on.
   *
   * @param planned hears of the plan first
   * @param done hears of every move that is done
   * @throws ServingException QUEUE_FULL while another change goes on; why a move failed, the rest
   *     is not tried then
   */
  public void rebalance(BalanceOptions options, Consumer<Plan> planned, Consumer<Move> done) {
    exclusively(
        () -> {
          Plan plan = plan(options);
          planned.accept(plan);
          for (Move move : plan.moves()) {
            move(List.of(move.expert()), move.from(), move.to());
            done.accept(move);
          }
          if (!plan.moves().isEmpty()) {
            loads.reset();
          }
          return plan;
        });
  }

  /**
   * Moves experts.
   *
   * @param from the node that frees them, if any
   * @param to the node that loads them, if any
   * @throws ServingException QUEUE_FULL while another change goes on; INVALID_FIELD when the last
   *     replica would go; what the nodes answer
   */
  public void moveNow(
      List<ExpertId> experts, Optional<ExpertHolder> from, Optional<ExpertHolder> to) {
    exclusively(
        () -> {
          move(experts, from, to);
          return experts;
        });
  }

  /**
   * Runs work that changes what nodes hold.
   *
   * @throws ServingException QUEUE_FULL while another change goes on; what the work throws
   */
  public <T> T exclusively(Supplier<T> work) {
    if (!change.tryLock()) {
      throw ServingException.queueFull("changes of the placement", 1, RETRY_AFTER);
    }
    try {
      return work.get();
    } finally {
      change.unlock();
    }
  }

  private void move(
      List<ExpertId> experts, Optional<ExpertHolder> from, Optional<ExpertHolder> to) {
    to.ifPresent(node -> load(node, experts));
    from.ifPresent(node -> unload(node, experts));
    logger.info("moved {} from {} to {}", experts, name(from), name(to));
  }

  private static String name(Optional<ExpertHolder> node) {
    return node.map(ExpertHolder::name).orElse("none");
  }

  private static void load(ExpertHolder node, List<ExpertId> experts) {
    node.load(experts, Optional.empty(), LOAD_LIMIT);
    awaitSeen(
        () -> holds(node, experts),
        "%s has loaded %s and does not announce it".formatted(node.name(), experts));
  }

  /**
   * Waits until what a node has done is announced.
   *
   * @throws ServingException DEADLINE_EXCEEDED, saying {@code otherwise}, when that takes too long
   */
  public static void awaitSeen(BooleanSupplier seen, String otherwise) {
    long end = System.nanoTime() + SEEN_LIMIT.toNanos();
    while (!seen.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw ServingException.deadlineExceeded(otherwise);
      }
      pause();
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ServingException.cancelled("interrupted");
    }
  }

  private static boolean holds(ExpertHolder node, List<ExpertId> experts) {
    return node.state().experts().keySet().containsAll(experts);
  }

  private void unload(ExpertHolder node, List<ExpertId> experts) {
    for (ExpertId id : experts) {
      if (nodes().stream().noneMatch(other -> other != node && holds(other, List.of(id)))) {
        throw ServingException.invalidField(
            "from", node.name(), "another ready node that holds %s".formatted(id));
      }
    }
    node.unload(experts, LOAD_LIMIT);
  }
}
