package io.ennead.router.pack;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackId;
import io.ennead.expert.pack.PackManifest;
import io.ennead.expert.pack.PackSource;
import io.ennead.router.moe.GatePack;
import io.ennead.router.peer.ExpertHolder;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A pack and the ids that its experts have in the cluster.
 *
 * @param manifest what it says of itself
 * @param source where nodes find it, and the id of its first expert
 * @param fingerprints of its experts
 * @param replicas nodes that are to hold each of its experts, at least 1
 * @param gate what the gate gets
 */
public record PlacedPack(
    PackManifest manifest,
    PackSource source,
    SortedMap<ExpertId, String> fingerprints,
    int replicas,
    GatePack gate) {
  /** Copies the map. */
  public PlacedPack {
    fingerprints = Collections.unmodifiableSortedMap(new TreeMap<>(fingerprints));
  }

  /** Reads the gate's rows, and hashes the experts. */
  static PlacedPack of(ExpertPack pack, int first, int replicas, boolean suppressed) {
    PackManifest manifest = pack.manifest();
    Map<Integer, GatePack.Rows> rows = new HashMap<>();
    pack.gateRows()
        .forEach(
            (layer, own) ->
                rows.put(layer, new GatePack.Rows(own.weight(), own.bias(), own.selectionBias())));
    return new PlacedPack(
        manifest,
        new PackSource(manifest.id(), manifest.contentHash(), first),
        fingerprints(pack, first),
        replicas,
        new GatePack(manifest.id().toString(), first, manifest.experts(), suppressed, rows));
  }

  private static SortedMap<ExpertId, String> fingerprints(ExpertPack pack, int first) {
    Checkpoint placed = pack.placed(first);
    SortedMap<ExpertId, String> all = new TreeMap<>();
    pack.ids(first)
        .forEach(id -> all.put(id, Fingerprints.expert(placed, id.layer(), id.expert())));
    return all;
  }

  /** The same pack under other ids. */
  PlacedPack at(int first) {
    SortedMap<ExpertId, String> moved = new TreeMap<>();
    fingerprints.forEach(
        (id, hash) -> moved.put(new ExpertId(id.layer(), id.expert() - first() + first), hash));
    return new PlacedPack(
        manifest,
        new PackSource(id(), manifest.contentHash(), first),
        moved,
        replicas,
        new GatePack(gate.name(), first, gate.experts(), gate.suppressed(), gate.rows()));
  }

  /** The same on at least so many nodes. */
  PlacedPack onAtLeast(int nodes) {
    return new PlacedPack(manifest, source, fingerprints, Math.max(replicas, nodes), gate);
  }

  /** Name and version. */
  public PackId id() {
    return manifest.id();
  }

  /** The id of its first expert. */
  public int first() {
    return source.first();
  }

  /** One of its experts, at all of its layers. */
  List<ExpertId> expert(int id) {
    return fingerprints.keySet().stream().filter(own -> own.expert() == id).toList();
  }

  /** Those of its experts that a node announces. */
  public List<ExpertId> heldBy(ExpertHolder node) {
    return fingerprints.keySet().stream().filter(id -> heldBy(node, id)).toList();
  }

  /** Whether a node announces all of these, which are its own. */
  boolean heldBy(ExpertHolder node, List<ExpertId> experts) {
    return experts.stream().allMatch(id -> heldBy(node, id));
  }

  /** Whether a node announces one of its experts. */
  boolean heldBy(ExpertHolder node, ExpertId id) {
    return Objects.equals(fingerprints.get(id), node.state().experts().get(id));
  }
}
