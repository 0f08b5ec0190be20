package io.ennead.router;

import io.ennead.node.Setting;
import io.ennead.router.balance.BalanceOptions;
import io.ennead.router.dispatch.RemoteExpertLayer.Patience;
import io.ennead.router.generate.FailureRules;
import io.ennead.router.moe.FailurePolicy;
import io.ennead.router.peer.PeerMonitor;
import io.ennead.router.peer.PeerSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** How a router finds the pool of expert nodes, and what it makes of those that fail. */
public record PoolConfig(
    @Setting(
            help =
                "expert nodes, separated by commas: host:port, or dns:///host:port for every address of"
                    + " a name, which is looked up again and again")
        List<String> expertNodes,
    @Setting(
            help =
                "how long an expert node may take for a layer before another is asked, at most; where"
                    + " calls usually take more than an eighth of it, eight times as long as they do",
            byDefault = "400ms")
        Duration expertBudget,
    @Setting(
            help = "the same whatever calls usually take, and as long as that is not known",
            byDefault = "5s")
        Duration expertTimeout,
    @Setting(
            help =
                "when experts cannot be reached, of requests that do not say: fail, wait (until their"
                    + " deadline) or drop (go on without; the response tells)",
            byDefault = "fail")
        FailurePolicy.Mode expertFailure,
    @Setting(
            help = "how long tokens whose experts cannot be reached are tried again, then it fails",
            byDefault = "2s")
        Duration expertPatience,
    @Setting(help = "the same of requests that wait, at most", byDefault = "1m")
        Duration maxExpertWait,
    @Setting(
            help = "share of a request's tokens that may be computed without an expert; 0: none",
            byDefault = "0")
        double maxDegradedShare,
    @Setting(
            help =
                "how often experts are moved to even out the nodes' loads, on one router of a pool;"
                    + " 0: only when an operator asks",
            byDefault = "0s")
        Duration balanceInterval,
    @Setting(
            help =
                "replicas per layer beyond one of each expert that balancing makes; -1: as many as there"
                    + " are",
            byDefault = "-1")
        int spareReplicas,
    @Setting(
            help = "directory of expert packs, each in NAME@VERSION; empty: none can be added",
            byDefault = "")
        Path packs,
    @Setting(
            help =
                "file in which this router, and no other, keeps which packs are active; empty:"
                    + " active.json in the directory of packs",
            byDefault = "")
        Path activePacks,
    @Setting(
            help = "how long removing a pack waits for the requests that began with it",
            byDefault = "5m")
        Duration packEndLimit,
    @Setting(help = "how often each expert node is asked what it holds", byDefault = "250ms")
        Duration probeInterval,
    @Setting(
            help =
                "hash the experts in the model directory and refuse expert nodes that hold others",
            byDefault = "true")
        boolean verifyExperts,
    @Setting(
            help =
                "let replicas give other bits (other processors or devices); every response says so in"
                    + " the header x-ennead-mixed-numerics",
            byDefault = "false")
        boolean allowMixedNumerics,
    @Setting(
            help = "file with the API key of role node that expert nodes are sent; empty: none",
            byDefault = "")
        Path peerKeyFile) {

  /** Checks ranges and what contradicts itself. */
  public PoolConfig {
    expertNodes = List.copyOf(expertNodes);
    RouterConfig.requirePositive("expert-budget", expertBudget);
    RouterConfig.requirePositive("expert-timeout", expertTimeout);
    RouterConfig.requirePositive("max-expert-wait", maxExpertWait);
    new FailureRules(expertFailure, expertPatience, maxExpertWait, maxDegradedShare);
    RouterConfig.requireAtLeast("spare-replicas", spareReplicas, -1);
    RouterConfig.requirePositive("probe-interval", probeInterval);
    RouterConfig.requirePositive("pack-end-limit", packEndLimit);
    if (balanceInterval.isNegative()) {
      throw new IllegalArgumentException(
          "balance-interval: %s (expected: at least 0)".formatted(balanceInterval));
    }
    requirePeers(expertNodes);
  }

  private static void requirePeers(List<String> expertNodes) {
    try {
      long different = expertNodes.stream().map(PeerSource::parse).distinct().count();
      if (different < expertNodes.size() || expertNodes.isEmpty()) {
        throw new IllegalArgumentException(
            "%s (expected: at least one, each once)".formatted(expertNodes));
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("expert-nodes: " + e.getMessage(), e);
    }
  }

  List<PeerSource> peers() {
    return expertNodes.stream().map(PeerSource::parse).toList();
  }

  PeerMonitor.Options probing() {
    return new PeerMonitor.Options(probeInterval, PeerMonitor.Options.DEFAULT.timeout());
  }

  /** Empty: no key is sent to expert nodes. */
  Optional<Path> peerKey() {
    return Optional.of(peerKeyFile).filter(path -> !path.toString().isEmpty());
  }

  /** Empty path: nowhere, as no pack can be added. */
  Path activePacksFile() {
    boolean nowhere = packs.toString().isEmpty();
    Path usual = nowhere ? packs : packs.resolve("active.json");
    return activePacks.toString().isEmpty() ? usual : activePacks;
  }

  Patience patience() {
    return new Patience(expertBudget, expertTimeout);
  }

  FailureRules failureRules() {
    return new FailureRules(expertFailure, expertPatience, maxExpertWait, maxDegradedShare);
  }

  BalanceOptions balancing() {
    return new BalanceOptions(
        spareReplicas < 0 ? OptionalInt.empty() : OptionalInt.of(spareReplicas),
        BalanceOptions.USUAL_GAIN);
  }
}
