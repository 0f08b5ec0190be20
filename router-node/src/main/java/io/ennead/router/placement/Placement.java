package io.ennead.router.placement;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.Expectations.ExpertFingerprints;
import io.ennead.router.peer.ExpertPeer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which ready nodes hold each expert: an immutable snapshot. Two snapshots that send every expert
 * to the same nodes are equal.
 *
 * @param layers the MoE layers of the model
 * @param experts routed experts per layer
 * @param needed experts of packs that gates may choose
 * @param holders nodes of each expert in order of preference; experts without one are left out
 */
public record Placement(
    List<Integer> layers,
    int experts,
    Set<ExpertId> needed,
    Map<ExpertId, List<ExpertPeer>> holders) {

  /** Without packs. */
  public Placement(List<Integer> layers, int experts, Map<ExpertId, List<ExpertPeer>> holders) {
    this(layers, experts, Set.of(), holders);
  }

  /** Copies. */
  public Placement {
    layers = List.copyOf(layers);
    needed = Set.copyOf(needed);
    holders = Map.copyOf(holders);
  }

  /** What the given nodes hold now, of the model's own experts. */
  static Placement of(List<Integer> layers, int experts, List<ExpertPeer> peers) {
    return of(layers, experts, ExpertFingerprints.UNKNOWN, peers);
  }

  /**
   * The same, and of the experts of packs.
   *
   * @param packs what these must be: what else a node holds under their ids is nobody's
   */
  static Placement of(
      List<Integer> layers, int experts, ExpertFingerprints packs, List<ExpertPeer> peers) {
    Map<ExpertId, List<ExpertPeer>> holders = new LinkedHashMap<>();
    for (ExpertPeer peer : peers) {
      peer.state()
          .experts()
          .forEach(
              (id, hash) -> {
                boolean own = id.expert() < experts;
                if (own || packs.of(id.layer(), id.expert()).filter(hash::equals).isPresent()) {
                  holders.computeIfAbsent(id, none -> new ArrayList<>()).add(peer);
                }
              });
    }
    holders.replaceAll((id, list) -> List.copyOf(list));
    return new Placement(layers, experts, packs.needed(), holders);
  }

  /** The nodes that hold an expert, in order of preference. */
  public List<ExpertPeer> holders(int layer, int expert) {
    return holders.getOrDefault(new ExpertId(layer, expert), List.of());
  }

  /**
   * The experts that no node holds, as "experts 3, 5 of every layer" or "expert 1 of layer 0;
   * experts 1, 2 of layers 4, 5"; empty when each has one.
   */
  public Optional<String> missing() {
    Map<List<Integer>, List<Integer>> layersByMissing =
        layers.stream()
            .collect(Collectors.groupingBy(this::missing, LinkedHashMap::new, Collectors.toList()));
    layersByMissing.remove(List.<Integer>of());
    if (layersByMissing.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        layersByMissing.entrySet().stream()
            .map(entry -> text(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining("; ")));
  }

  /** How many pairs of layer and expert no node holds. */
  int missingExperts() {
    return layers.stream().mapToInt(layer -> missing(layer).size()).sum();
  }

  private List<Integer> missing(int layer) {
    IntStream ofPacks =
        needed.stream().filter(id -> id.layer() == layer).mapToInt(ExpertId::expert).sorted();
    return IntStream.concat(IntStream.range(0, experts), ofPacks)
        .filter(expert -> holders(layer, expert).isEmpty())
        .boxed()
        .toList();
  }

  private String text(List<Integer> missing, List<Integer> where) {
    String what = missing.size() == experts ? "all experts" : counted("expert", missing);
    String of = where.size() == layers.size() ? "every layer" : counted("layer", where);
    return what + " of " + of;
  }

  private static String counted(String noun, List<Integer> numbers) {
    String list = numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    return "%s%s %s".formatted(noun, numbers.size() == 1 ? "" : "s", list);
  }
}
