package io.ennead.client;

import io.ennead.node.Dialer;
import io.ennead.v1.AddPackRequest;
import io.ennead.v1.AddPackResponse;
import io.ennead.v1.ClusterServiceGrpc;
import io.ennead.v1.ClusterServiceGrpc.ClusterServiceBlockingStub;
import io.ennead.v1.GetPlacementRequest;
import io.ennead.v1.GetPlacementResponse;
import io.ennead.v1.ListPacksRequest;
import io.ennead.v1.ListPacksResponse;
import io.ennead.v1.MoveExpertRequest;
import io.ennead.v1.RebalanceRequest;
import io.ennead.v1.RebalanceResponse;
import io.ennead.v1.RemovePackRequest;
import io.ennead.wire.WireLimits;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.function.Consumer;

/**
 * An operator's connection to one router: where experts are, and moving them. Calls fail with a
 * {@link io.ennead.errors.ServingException}. Safe for use by several threads.
 */
public final class ClusterClient implements AutoCloseable {
  private final ManagedChannel channel;

  private ClusterClient(ManagedChannel channel) {
    this.channel = channel;
  }

  /**
   * A client of {@code ClusterService} at {@code host:port}. Connects with the first call.
   *
   * @param dialer TLS and key, of role admin where the router asks for one
   */
  public static ClusterClient connect(String address, Dialer dialer) {
    return new ClusterClient(
        dialer.to(address).maxInboundMessageSize(WireLimits.MAX_MESSAGE_BYTES).build());
  }

  /** The nodes and experts as the router sees them now. */
  public GetPlacementResponse placement(Duration limit) {
    return EnneadClient.typed(
        () -> stub(limit).getPlacement(GetPlacementRequest.getDefaultInstance()));
  }

  /** Moves an expert; returns when the router uses it in its new place. */
  public void move(MoveExpertRequest request, Duration limit) {
    var unused = EnneadClient.typed(() -> stub(limit).moveExpert(request));
  }

  /**
   * Balances the load.
   *
   * @param onProgress sees the plan first, then every move that is done, on the calling thread
   */
  public void rebalance(
      RebalanceRequest request, Duration limit, Consumer<RebalanceResponse> onProgress) {
    Iterator<RebalanceResponse> progress = EnneadClient.typed(() -> stub(limit).rebalance(request));
    while (EnneadClient.typed(progress::hasNext)) {
      onProgress.accept(progress.next());
    }
  }

  /** Adds a pack; returns when new requests choose from it. */
  public AddPackResponse addPack(AddPackRequest request, Duration limit) {
    return EnneadClient.typed(() -> stub(limit).addPack(request));
  }

  /** Takes a pack away; returns when nodes have freed it. */
  public void removePack(RemovePackRequest request, Duration limit) {
    var unused = EnneadClient.typed(() -> stub(limit).removePack(request));
  }

  /** The packs that there are. */
  public ListPacksResponse packs(Duration limit) {
    return EnneadClient.typed(() -> stub(limit).listPacks(ListPacksRequest.getDefaultInstance()));
  }

  private ClusterServiceBlockingStub stub(Duration limit) {
    return ClusterServiceGrpc.newBlockingStub(channel).withDeadlineAfter(limit);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
