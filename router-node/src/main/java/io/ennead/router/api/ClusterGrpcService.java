package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.node.GrpcErrors;
import io.ennead.router.balance.BalanceOptions;
import io.ennead.router.balance.Balancer;
import io.ennead.router.balance.Move;
import io.ennead.router.balance.Plan;
import io.ennead.router.pack.PackOperator;
import io.ennead.router.peer.ExpertHolder;
import io.ennead.router.peer.PeerState;
import io.ennead.v1.AddPackRequest;
import io.ennead.v1.AddPackResponse;
import io.ennead.v1.ClusterNode;
import io.ennead.v1.ClusterServiceGrpc;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertMove;
import io.ennead.v1.GetPlacementRequest;
import io.ennead.v1.GetPlacementResponse;
import io.ennead.v1.ListPacksRequest;
import io.ennead.v1.ListPacksResponse;
import io.ennead.v1.MoveExpertRequest;
import io.ennead.v1.MoveExpertResponse;
import io.ennead.v1.PlacedExpert;
import io.ennead.v1.RebalancePlan;
import io.ennead.v1.RebalanceRequest;
import io.ennead.v1.RebalanceResponse;
import io.ennead.v1.RemovePackRequest;
import io.ennead.v1.RemovePackResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** What an operator asks of a router: where experts are, and to move them. Thread-safe. */
public final class ClusterGrpcService extends ClusterServiceGrpc.ClusterServiceImplBase {
  private final Balancer balancer;
  private final PackCalls packs;

  /** A service that moves experts, and adds and removes packs. */
  public ClusterGrpcService(Balancer balancer, PackOperator packs) {
    this.balancer = balancer;
    this.packs = new PackCalls(packs);
  }

  @Override
  public void getPlacement(
      GetPlacementRequest request, StreamObserver<GetPlacementResponse> observer) {
    GetPlacementResponse.Builder response = GetPlacementResponse.newBuilder();
    List<ExpertHolder> nodes = balancer.nodes();
    nodes.forEach(node -> response.addNodes(node(node)));
    balancer
        .loads()
        .rows()
        .forEach(
            (layer, rows) -> {
              for (int expert = 0; expert < rows.length; expert++) {
                response.addExperts(placed(new ExpertId(layer, expert), rows[expert], nodes));
              }
            });
    packs
        .experts()
        .forEach(id -> response.addExperts(placed(id, balancer.loads().packedRows(id), nodes)));
    observer.onNext(response.build());
    observer.onCompleted();
  }

  @Override
  public void addPack(AddPackRequest request, StreamObserver<AddPackResponse> observer) {
    Unary.answer(observer, () -> packs.add(request));
  }

  @Override
  public void removePack(RemovePackRequest request, StreamObserver<RemovePackResponse> observer) {
    Unary.answer(observer, () -> packs.remove(request));
  }

  @Override
  public void listPacks(ListPacksRequest request, StreamObserver<ListPacksResponse> observer) {
    Unary.answer(observer, packs::list);
  }

  private static ClusterNode node(ExpertHolder node) {
    return ClusterNode.newBuilder()
        .setName(node.name())
        .setAddress(node.address().toString())
        .setState(node.state().text())
        .setReady(node.state() instanceof PeerState.Ready)
        .build();
  }

  private static PlacedExpert placed(ExpertId id, long rows, List<ExpertHolder> nodes) {
    return PlacedExpert.newBuilder()
        .setLayer(id.layer())
        .setExpert(id.expert())
        .addAllNodes(
            nodes.stream().filter(node -> holds(node, id)).map(ExpertHolder::name).toList())
        .setRows(rows)
        .build();
  }

  private static boolean holds(ExpertHolder node, ExpertId id) {
    return node.state().experts().containsKey(id);
  }

  @Override
  public void moveExpert(MoveExpertRequest request, StreamObserver<MoveExpertResponse> observer) {
    Unary.answer(observer, () -> move(request));
  }

  private MoveExpertResponse move(MoveExpertRequest request) {
    Optional<ExpertHolder> from = node("from", request.getFrom());
    Optional<ExpertHolder> to = node("to", request.getTo());
    if (from.isEmpty() && to.isEmpty() || from.equals(to)) {
      throw ServingException.invalidField("to", request.getTo(), "another node than from");
    }
    balancer.moveNow(experts(request, from), from, to);
    return MoveExpertResponse.getDefaultInstance();
  }

  private Optional<ExpertHolder> node(String field, String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    List<ExpertHolder> ready =
        balancer.nodes().stream().filter(node -> node.state() instanceof PeerState.Ready).toList();
    List<ExpertHolder> meant = ready.stream().filter(node -> node.name().equals(name)).toList();
    if (meant.size() != 1) {
      String names = ready.stream().map(ExpertHolder::name).collect(Collectors.joining(", "));
      throw ServingException.invalidField(field, name, "the name of one ready node: " + names);
    }
    return Optional.of(meant.get(0));
  }

  /** Those of the layers that the node which is to free them holds. */
  private List<ExpertId> experts(MoveExpertRequest request, Optional<ExpertHolder> from) {
    Set<Integer> layers = balancer.loads().rows().keySet();
    if (request.hasLayer() && !layers.contains(request.getLayer())) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_LAYER_UNKNOWN,
          "layer",
          Integer.toUnsignedString(request.getLayer()),
          "one of " + layers);
    }
    int experts = balancer.loads().experts();
    if (Integer.compareUnsigned(request.getExpert(), experts) >= 0) {
      throw ServingException.invalidField(
          "expert", Integer.toUnsignedString(request.getExpert()), "0 to " + (experts - 1));
    }
    List<ExpertId> ids =
        layers.stream()
            .filter(layer -> !request.hasLayer() || layer == request.getLayer())
            .map(layer -> new ExpertId(layer, request.getExpert()))
            .filter(id -> from.isEmpty() || holds(from.get(), id))
            .toList();
    if (ids.isEmpty()) {
      throw ServingException.invalidField(
          "from", request.getFrom(), "a node that holds expert " + request.getExpert());
    }
    return ids;
  }

  @Override
  public void rebalance(RebalanceRequest request, StreamObserver<RebalanceResponse> observer) {
    try {
      BalanceOptions options = options(request);
      if (request.getDryRun()) {
        observer.onNext(planned(balancer.plan(options)));
      } else {
        balancer.rebalance(
            options, plan -> observer.onNext(planned(plan)), move -> observer.onNext(done(move)));
      }
      observer.onCompleted();
    } catch (RuntimeException e) {
      observer.onError(GrpcErrors.toStatus(e));
    }
  }

  private static BalanceOptions options(RebalanceRequest request) {
    double gain = request.hasMinGain() ? request.getMinGain() : BalanceOptions.USUAL_GAIN;
    if (!(gain >= 0)) {
      throw ServingException.invalidField("min_gain", gain, "at least 0");
    }
    if (request.getSpareReplicas() < 0) {
      throw ServingException.invalidField(
          "spare_replicas",
          Integer.toUnsignedString(request.getSpareReplicas()),
          "at most " + Integer.MAX_VALUE);
    }
    return new BalanceOptions(
        request.hasSpareReplicas()
            ? OptionalInt.of(request.getSpareReplicas())
            : OptionalInt.empty(),
        gain);
  }

  private static RebalanceResponse planned(Plan plan) {
    RebalancePlan.Builder message =
        RebalancePlan.newBuilder()
            .setImbalance(plan.imbalance())
            .setPlannedImbalance(plan.planned())
            .setRows(plan.rows());
    plan.moves().forEach(move -> message.addMoves(message(move)));
    return RebalanceResponse.newBuilder().setPlan(message).build();
  }

  private static RebalanceResponse done(Move move) {
    return RebalanceResponse.newBuilder().setDone(message(move)).build();
  }

  private static ExpertMove message(Move move) {
    return ExpertMove.newBuilder()
        .setLayer(move.expert().layer())
        .setExpert(move.expert().expert())
        .setFrom(move.from().map(ExpertHolder::name).orElse(""))
        .setTo(move.to().map(ExpertHolder::name).orElse(""))
        .build();
  }
}
