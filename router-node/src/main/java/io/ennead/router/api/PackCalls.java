package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.pack.PackId;
import io.ennead.router.pack.PackOperator;
import io.ennead.router.pack.PlacedPack;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.v1.ActivePack;
import io.ennead.v1.AddPackRequest;
import io.ennead.v1.AddPackResponse;
import io.ennead.v1.ListPacksResponse;
import io.ennead.v1.RemovePackRequest;
import io.ennead.v1.RemovePackResponse;
import java.util.stream.Stream;

/** The calls of {@code ClusterService} that are about packs. Thread-safe. */
final class PackCalls {
  private final PackOperator operator;

  PackCalls(PackOperator operator) {
    this.operator = operator;
  }

  AddPackResponse add(AddPackRequest request) {
    int replicas = request.hasReplicas() ? request.getReplicas() : 1;
    if (replicas < 1) {
      throw ServingException.invalidField(
          "replicas", Integer.toUnsignedString(replicas), "1 to " + Integer.MAX_VALUE);
    }
    PackId id = new PackId(request.getName(), request.getVersion());
    return AddPackResponse.newBuilder()
        .setPack(message(operator.add(id, replicas, request.getSuppressed())))
        .build();
  }

  RemovePackResponse remove(RemovePackRequest request) {
    operator.remove(new PackId(request.getName(), request.getVersion()), request.getKeepLoaded());
    return RemovePackResponse.getDefaultInstance();
  }

  ListPacksResponse list() {
    return ListPacksResponse.newBuilder()
        .addAllPacks(operator.packs().stream().map(this::message).toList())
        .build();
  }

  private ActivePack message(PlacedPack pack) {
    return ActivePack.newBuilder()
        .setName(pack.id().name())
        .setVersion(pack.id().version())
        .setContentSha256(pack.manifest().contentHash())
        .setFirstExpert(pack.first())
        .setExperts(pack.manifest().experts())
        .addAllLayers(pack.manifest().layers())
        .setSuppressed(pack.gate().suppressed())
        .addAllNodes(
            operator.nodes().stream()
                .filter(node -> !pack.heldBy(node).isEmpty())
                .map(ExpertHolder::name)
                .toList())
        .build();
  }

  /** Every expert of every pack. */
  Stream<ExpertId> experts() {
    return operator.packs().stream().flatMap(pack -> pack.fingerprints().keySet().stream());
  }
}
