package io.ennead.router.pack;

import io.ennead.errors.ServingException;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackDirectory;
import io.ennead.expert.pack.PackId;
import io.ennead.router.balance.Balancer;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.GatePack;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.router.peer.PeerState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds packs to a running cluster and takes them away. The nodes load a pack's experts before the
 * gate grows, and free them when the gate has shrunk and the last request that knew them has ended.
 * A step that fails leaves the cluster as it was; one that succeeds is kept for the router's next
 * start. One change of the placement at a time; thread-safe.
 */
public final class PackOperator {
  private static final Logger logger = LoggerFactory.getLogger(PackOperator.class);

  private final Balancer balancer;
  private final PackDirectory directory;
  private final PackFile file;
  private final PackFingerprints fingerprints;
  private final ActivePacks active;
  private final Runnable placementChanged;
  private final Duration endLimit;
  private final List<PlacedPack> packs = new CopyOnWriteArrayList<>();

  private PackOperator(
      Balancer balancer,
      PackDirectory directory,
      PackFile file,
      PackFingerprints fingerprints,
      ActivePacks active,
      Runnable placementChanged,
      Duration endLimit) {
    this.balancer = balancer;
    this.directory = directory;
    this.file = file;
    this.fingerprints = fingerprints;
    this.active = active;
    this.placementChanged = placementChanged;
    this.endLimit = endLimit;
  }

  /**
   * An operator of a cluster whose gate knows the packs of the router's last run, under the same
   * ids. No node is told anything: {@link PackKeeper} gives them what they lack.
   *
   * @param file where this router keeps which packs are active
   * @param fingerprints what the placement takes from nodes
   * @param active what the gate knows
   * @param placementChanged has the placement look at the fingerprints anew
   * @param endLimit how long a removal waits for the requests that know the pack
   * @throws ModelFormatException when one of these packs is not there as it was
   */
  public static PackOperator open(
      Balancer balancer,
      PackDirectory directory,
      Path file,
      PackFingerprints fingerprints,
      ActivePacks active,
      Runnable placementChanged,
      Duration endLimit) {
    PackFile kept = PackFile.read(file);
    PackOperator operator =
        new PackOperator(
            balancer, directory, kept, fingerprints, active, placementChanged, endLimit);
    kept.entries().forEach(operator::restore);
    return operator;
  }

  private void restore(PackFile.Entry entry) {
    try {
      ExpertPack pack = whole(directory.open(entry.id(), entry.contentSha256()));
      PlacedPack unplaced = unplaced(pack, entry.replicas(), entry.suppressed());
      PlacedPack placed = ids().placeAt(entry.firstExpert(), unplaced);
      fingerprints.add(placed);
      activate(placed);
      logger.info("pack {} is active again: experts from {} on", placed.id(), placed.first());
    } catch (ServingException e) { // serving without it would be no choice of the operator's
      throw file.refuse(entry, String.valueOf(e.getMessage()));
    }
  }

  /** The packs that new requests choose from. */
  public List<PlacedPack> packs() {
    return List.copyOf(packs);
  }

  /** The nodes, of which some hold packs. */
  public List<ExpertHolder> nodes() {
    return balancer.nodes();
  }

  boolean allNodesReady() {
    return nodes().stream().allMatch(node -> node.state() instanceof PeerState.Ready);
  }

  /** Replicas of the packs' experts that no ready node holds. */
  int missingReplicas() {
    return packs.stream().mapToInt(pack -> new PackNodes(nodes(), pack).missingReplicas()).sum();
  }

  /**
   * Has ready nodes load the replicas that are missing.
   *
   * @return why some could not; empty when all could or there are no nodes for the others
   * @throws ServingException QUEUE_FULL while another change goes on
   */
  List<String> refill() {
    return balancer.exclusively(
        () -> packs.stream().flatMap(p -> new PackNodes(nodes(), p).refill().stream()).toList());
  }

  /**
   * Adds a pack; one that is there already gets the replicas that it lacks.
   *
   * @param replicas nodes that hold each of its experts, at least 1
   * @param suppressed whether its experts are loaded and never chosen
   * @throws ServingException INVALID_FIELD for a pack that this router or a node has not, or that
   *     does not fit; QUEUE_FULL while another change goes on; ENGINE_FAILURE when it cannot be
   *     kept for the next start; what the nodes answer
   */
  public PlacedPack add(PackId id, int replicas, boolean suppressed) {
    return balancer.exclusively(
        () -> {
          Optional<PlacedPack> there = find(id);
          return there.isPresent()
              ? addReplicas(there.get(), replicas, suppressed)
              : addNow(id, replicas, suppressed);
        });
  }

  private PlacedPack addReplicas(PlacedPack there, int replicas, boolean suppressed) {
    if (there.gate().suppressed() != suppressed) {
      throw ServingException.invalidField(
          "suppressed", suppressed, "%s, as it was added".formatted(!suppressed));
    }
    PlacedPack more = there.onAtLeast(replicas);
    List<PlacedPack> next = packs.stream().map(pack -> pack == there ? more : pack).toList();
    new PackNodes(nodes(), there).load(replicas, () -> file.write(next));
    packs.set(packs.indexOf(there), more);
    return more;
  }

  private PlacedPack addNow(PackId id, int replicas, boolean suppressed) {
    PlacedPack pack = ids().place(unplaced(whole(directory.open(id)), replicas, suppressed));
    List<PlacedPack> next = new ArrayList<>(packs);
    next.add(pack);
    fingerprints.add(pack);
    try {
      new PackNodes(nodes(), pack).load(replicas, () -> file.write(next));
    } catch (RuntimeException e) {
      fingerprints.remove(pack);
      throw e;
    } finally {
      placementChanged.run();
    }
    activate(pack);
    logger.info("added pack {}: experts from {} on", id, pack.first());
    return pack;
  }

  private void activate(PlacedPack pack) {
    packs.add(pack);
    choose(pack);
  }

  private static ExpertPack whole(ExpertPack pack) {
    try {
      pack.requireWhole();
      return pack;
    } catch (ModelFormatException e) {
      throw ServingException.invalidField(
          "pack", pack.manifest().id(), "a whole pack: " + e.getMessage());
    }
  }

  private PlacedPack unplaced(ExpertPack pack, int replicas, boolean suppressed) {
    return PlacedPack.of(pack, directory.model().experts(), replicas, suppressed);
  }

  private PackIds ids() {
    return new PackIds(directory.model().experts(), packs, nodes());
  }

  /**
   * Takes a pack away. Blocks until the requests that know it have ended.
   *
   * @param keepLoaded whether nodes keep its experts, which other routers still use
   * @throws ServingException INVALID_FIELD for a pack that is not there; DEADLINE_EXCEEDED when
   *     requests that know it do not end in time; QUEUE_FULL while another change goes on;
   *     ENGINE_FAILURE when that cannot be kept for the next start; what the nodes answer. The pack
   *     is there as before then
   */
  public void remove(PackId id, boolean keepLoaded) {
    balancer.exclusively(
        () -> {
          removeNow(
              find(id)
                  .orElseThrow(
                      () ->
                          ServingException.invalidField(
                              "pack", id, "one of " + packs.stream().map(PlacedPack::id).toList())),
              keepLoaded);
          return id;
        });
  }

  private void removeNow(PlacedPack pack, boolean keepLoaded) {
    Runnable forget = () -> file.write(packs.stream().filter(other -> other != pack).toList());
    chooseNot(pack);
    try {
      awaitUnknown(pack.gate());
      if (keepLoaded) {
        forget.run();
      } else {
        new PackNodes(nodes(), pack).free(forget);
      }
    } catch (RuntimeException e) {
      choose(pack);
      throw e;
    }
    packs.remove(pack);
    fingerprints.remove(pack);
    placementChanged.run();
    logger.info("removed pack {}", pack.id());
  }

  private void choose(PlacedPack pack) {
    fingerprints.need(pack);
    active.become(active.current().with(pack.gate()));
    placementChanged.run();
  }

  private void chooseNot(PlacedPack pack) {
    active.become(active.current().without(pack.gate()));
    fingerprints.needNot(pack);
    placementChanged.run();
  }

  private void awaitUnknown(GatePack pack) {
    if (!active.awaitUnknown(pack, endLimit)) {
      throw ServingException.deadlineExceeded(
          "requests that began with pack %s still run after %s".formatted(pack.name(), endLimit));
    }
  }

  private Optional<PlacedPack> find(PackId id) {
    return packs.stream().filter(pack -> pack.id().equals(id)).findFirst();
  }
}
