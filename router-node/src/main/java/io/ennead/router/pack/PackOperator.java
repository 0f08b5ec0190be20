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
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds packs to a running cluster and takes them away. The nodes load a pack's experts before the
 * gate grows, and free them when the gate has shrunk and the last request that knew them has ended.
 * A step that fails leaves the cluster as it was. One change of the placement at a time;
 * thread-safe.
 */
public final class PackOperator {
  /** Ids beyond the model's own: each has series of metrics. */
  public static final int MAX_IDS = 256;

  private static final Logger logger = LoggerFactory.getLogger(PackOperator.class);

  private final Balancer balancer;
  private final PackDirectory directory;
  private final PackFingerprints fingerprints;
  private final ActivePacks active;
  private final Runnable placementChanged;
  private final Duration endLimit;
  private final List<PlacedPack> packs = new CopyOnWriteArrayList<>();

  /**
   * An operator of a cluster without packs.
   *
   * @param fingerprints what the placement takes from nodes
   * @param active what the gate knows
   * @param placementChanged has the placement look at the fingerprints anew
   * @param endLimit how long a removal waits for the requests that know the pack
   */
  public PackOperator(
      Balancer balancer,
      PackDirectory directory,
      PackFingerprints fingerprints,
      ActivePacks active,
      Runnable placementChanged,
      Duration endLimit) {
    this.balancer = balancer;
    this.directory = directory;
    this.fingerprints = fingerprints;
    this.active = active;
    this.placementChanged = placementChanged;
    this.endLimit = endLimit;
  }

  /** The packs that new requests choose from. */
  public List<PlacedPack> packs() {
    return List.copyOf(packs);
  }

  /** The nodes, of which some hold packs. */
  public List<ExpertHolder> nodes() {
    return balancer.nodes();
  }

  /**
   * Adds a pack; one that is there already gets the replicas that it lacks.
   *
   * @param replicas nodes that hold each of its experts, at least 1
   * @param suppressed whether its experts are loaded and never chosen
   * @throws ServingException INVALID_FIELD for a pack that this router or a node has not, or that
   *     does not fit; QUEUE_FULL while another change goes on; what the nodes answer
   */
  public PlacedPack add(PackId id, int replicas, boolean suppressed) {
    return balancer.exclusively(() -> addNow(id, replicas, suppressed));
  }

  private PlacedPack addNow(PackId id, int replicas, boolean suppressed) {
    Optional<PlacedPack> there = find(id);
    if (there.isPresent()) {
      requireSame(there.get(), suppressed);
      new PackNodes(nodes(), there.get()).load(replicas);
      return there.get();
    }
    PlacedPack pack = place(open(id), suppressed);
    fingerprints.add(pack.fingerprints());
    try {
      new PackNodes(nodes(), pack).load(replicas);
    } catch (RuntimeException e) {
      fingerprints.remove(pack.fingerprints());
      throw e;
    } finally {
      placementChanged.run();
    }
    packs.add(pack);
    active.become(active.current().with(pack.gate()));
    logger.info("added pack {}: experts from {} on", id, pack.first());
    return pack;
  }

  private static void requireSame(PlacedPack there, boolean suppressed) {
    if (there.gate().suppressed() != suppressed) {
      throw ServingException.invalidField(
          "suppressed", suppressed, "%s, as it was added".formatted(!suppressed));
    }
  }

  private ExpertPack open(PackId id) {
    ExpertPack pack = directory.open(id);
    try {
      pack.requireWhole();
      return pack;
    } catch (ModelFormatException e) {
      throw ServingException.invalidField("pack", id, "a whole pack: " + e.getMessage());
    }
  }

  /**
   * Behind the model's own experts, at the first ids that no pack has and under which no node holds
   * anything else. Nodes that another router has told to load the pack hold it under ids already:
   * then it gets these.
   */
  private PlacedPack place(ExpertPack pack, boolean suppressed) {
    int own = directory.model().experts();
    int last = own + MAX_IDS - pack.manifest().experts();
    PlacedPack any = PlacedPack.of(pack, own, suppressed);
    Optional<PlacedPack> held = Optional.empty();
    for (int first = own; first <= last && held.isEmpty(); first++) {
      held = Optional.of(any.at(first)).filter(this::isHeld);
    }
    for (int first = own; first <= last && held.isEmpty(); first++) {
      held = Optional.of(any.at(first)).filter(this::isFree);
    }
    return held.orElseThrow(
        () ->
            ServingException.invalidField(
                "pack", pack.manifest().id(), "at most %d experts of packs".formatted(MAX_IDS)));
  }

  private boolean isHeld(PlacedPack pack) {
    return apart(pack)
        && pack.fingerprints().keySet().stream()
            .allMatch(id -> nodes().stream().anyMatch(node -> pack.heldBy(node, id)));
  }

  private boolean isFree(PlacedPack pack) {
    return apart(pack)
        && nodes().stream()
            .flatMap(node -> node.state().experts().keySet().stream())
            .noneMatch(id -> id.expert() >= pack.first() && id.expert() < pack.gate().end());
  }

  private boolean apart(PlacedPack pack) {
    return packs.stream()
        .noneMatch(other -> pack.first() < other.gate().end() && other.first() < pack.gate().end());
  }

  /**
   * Takes a pack away. Blocks until the requests that know it have ended.
   *
   * @param keepLoaded whether nodes keep its experts, which other routers still use
   * @throws ServingException INVALID_FIELD for a pack that is not there; DEADLINE_EXCEEDED when
   *     requests that know it do not end in time; QUEUE_FULL while another change goes on; what the
   *     nodes answer. The pack is there as before then
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
    active.become(active.current().without(pack.gate()));
    try {
      awaitUnknown(pack.gate());
      if (!keepLoaded) {
        new PackNodes(nodes(), pack).free();
      }
    } catch (RuntimeException e) {
      active.become(active.current().with(pack.gate()));
      throw e;
    }
    packs.remove(pack);
    fingerprints.remove(pack.fingerprints());
    placementChanged.run();
    logger.info("removed pack {}", pack.id());
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
