package io.ennead.router.pack;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.balance.Balancer;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.router.peer.PeerState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has nodes load and free a pack's experts. What fails half way is undone; where that fails too,
 * the error says so. Used by one thread at a time.
 */
final class PackNodes {
  private static final Logger logger = LoggerFactory.getLogger(PackNodes.class);

  private final List<ExpertHolder> nodes;
  private final PlacedPack pack;

  /** Of the nodes that are ready. */
  PackNodes(List<ExpertHolder> nodes, PlacedPack pack) {
    this.nodes = nodes.stream().filter(node -> node.state() instanceof PeerState.Ready).toList();
    this.pack = pack;
  }

  /**
   * Has each expert loaded at all of its layers by so many nodes, those with the fewest experts
   * first; what they hold already counts.
   *
   * @param then what is done at the end; where it fails, they are freed again
   */
  void load(int replicas, Runnable then) {
    if (nodes.size() < replicas) {
      throw ServingException.invalidField(
          "replicas", replicas, "at most %d, the nodes that are ready".formatted(nodes.size()));
    }
    Map<ExpertHolder, List<ExpertId>> done = new LinkedHashMap<>();
    missing(replicas)
        .forEach(
            (node, experts) -> {
              done.put(node, experts);
              orUndo(() -> load(node, experts), done, PackNodes::free);
            });
    orUndo(then, done, PackNodes::free);
  }

  /**
   * Has the replicas loaded that are missing, as far as there are nodes; what one has loaded stays
   * when another cannot.
   *
   * @return why some could not
   */
  List<String> refill() {
    List<String> failures = new ArrayList<>();
    missing(pack.replicas())
        .forEach(
            (node, experts) -> {
              try {
                load(node, experts);
                logger.info("{} has loaded what was missing of {}", node.name(), pack.id());
              } catch (ServingException e) {
                failures.add("%s on %s: %s".formatted(pack.id(), node.name(), e.getMessage()));
              }
            });
    return failures;
  }

  /** Replicas of experts that no ready node holds. */
  int missingReplicas() {
    int missing = 0;
    for (int id = pack.first(); id < pack.gate().end(); id++) {
      missing += Math.max(0, pack.replicas() - holders(pack.expert(id)));
    }
    return missing;
  }

  private int holders(List<ExpertId> experts) {
    return (int) nodes.stream().filter(node -> pack.heldBy(node, experts)).count();
  }

  private Map<ExpertHolder, List<ExpertId>> missing(int replicas) {
    Map<ExpertHolder, Integer> counts = new HashMap<>();
    nodes.forEach(node -> counts.put(node, node.state().experts().size()));
    Map<ExpertHolder, List<ExpertId>> missing = new LinkedHashMap<>();
    for (int id = pack.first(); id < pack.gate().end(); id++) {
      List<ExpertId> experts = pack.expert(id);
      nodes.stream()
          .filter(node -> !pack.heldBy(node, experts))
          .sorted(Comparator.comparing(counts::get)) // a stable sort: the first of equals
          .limit(Math.max(0, replicas - holders(experts)))
          .forEach(
              node -> {
                counts.merge(node, experts.size(), Integer::sum);
                missing.computeIfAbsent(node, none -> new ArrayList<>()).addAll(experts);
              });
    }
    return missing;
  }

  private void load(ExpertHolder node, List<ExpertId> experts) {
    node.load(experts, Optional.of(pack.source()), Balancer.LOAD_LIMIT);
    Balancer.awaitSeen(
        () -> pack.heldBy(node, experts),
        "%s has loaded %s and does not announce it".formatted(node.name(), pack.id()));
  }

  private static void free(ExpertHolder node, List<ExpertId> experts) {
    node.unload(experts, Balancer.LOAD_LIMIT);
  }

  /**
   * Has all nodes free the pack's experts.
   *
   * @param then what is done at the end; where it fails, they are loaded again
   */
  void free(Runnable then) {
    Map<ExpertHolder, List<ExpertId>> held = new LinkedHashMap<>();
    nodes.stream()
        .filter(node -> !pack.heldBy(node).isEmpty())
        .forEach(node -> held.put(node, pack.heldBy(node)));
    Map<ExpertHolder, List<ExpertId>> done = new LinkedHashMap<>();
    held.forEach(
        (node, experts) -> {
          done.put(node, experts);
          orUndo(() -> freed(node, experts), done, this::load);
        });
    orUndo(then, done, this::load);
  }

  private void freed(ExpertHolder node, List<ExpertId> experts) {
    free(node, experts);
    Balancer.awaitSeen(
        () -> pack.heldBy(node).isEmpty(),
        "%s has freed %s and still announces it".formatted(node.name(), pack.id()));
  }

  /** Undoes it on every node that can be reached; the error names the others. */
  private void orUndo(
      Runnable step,
      Map<ExpertHolder, List<ExpertId>> done,
      BiConsumer<ExpertHolder, List<ExpertId>> undo) {
    try {
      step.run();
    } catch (RuntimeException failure) {
      List<String> left = new ArrayList<>();
      done.forEach(
          (node, experts) -> {
            try {
              undo.accept(node, experts);
            } catch (RuntimeException second) {
              logger.error("{}: cannot be undone on {}", pack.id(), node.name(), second);
              left.add(node.name());
            }
          });
      if (!left.isEmpty()) {
        throw ServingException.engineFailure(
            "%s; and experts of %s could not be put back on %s"
                .formatted(failure.getMessage(), pack.id(), String.join(", ", left)),
            failure);
      }
      throw failure;
    }
  }
}
