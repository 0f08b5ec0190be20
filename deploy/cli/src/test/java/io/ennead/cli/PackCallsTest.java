package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.ActivePack;
import io.ennead.v1.AddPackRequest;
import io.ennead.v1.AddPackResponse;
import io.ennead.v1.ClusterServiceGrpc.ClusterServiceImplBase;
import io.ennead.v1.ListPacksRequest;
import io.ennead.v1.ListPacksResponse;
import io.ennead.v1.RemovePackRequest;
import io.ennead.v1.RemovePackResponse;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Commands about packs, and what they ask of a router. */
class PackCallsTest {
  private static final ActivePack TWIN =
      ActivePack.newBuilder()
          .setName("twin")
          .setVersion("2")
          .setFirstExpert(8)
          .setExperts(2)
          .addLayers(0)
          .addLayers(3)
          .addNodes("expert-8500")
          .addNodes("expert-8502")
          .build();

  private final List<Message> asked = new CopyOnWriteArrayList<>();
  private Server server;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Router())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private CliRun run(String... args) {
    String[] all = new String[args.length + 3];
    all[0] = "pack";
    System.arraycopy(args, 0, all, 1, args.length);
    all[args.length + 1] = "--addr";
    all[args.length + 2] = "127.0.0.1:" + server.getPort();
    return CliRun.of(all);
  }

  @Test
  void aPackIsAddedAsAsked() {
    CliRun run = run("add", "twin@2", "--replicas", "2", "--suppressed");
    assertThat(run.out())
        .as(run.err())
        .isEqualTo("added twin@2: e8 to e9 on expert-8500, expert-8502\n");
    assertThat(asked)
        .containsExactly(
            AddPackRequest.newBuilder()
                .setName("twin")
                .setVersion("2")
                .setReplicas(2)
                .setSuppressed(true)
                .build());
    assertThat(run("add", "../twin").code()).isEqualTo(2);
  }

  @Test
  void aPackIsRemovedAndWhyNotIsSaid() {
    assertThat(run("remove", "twin", "--keep-loaded").out()).isEqualTo("removed twin@1\n");
    assertThat(asked)
        .containsExactly(
            RemovePackRequest.newBuilder()
                .setName("twin")
                .setVersion("1")
                .setKeepLoaded(true)
                .build());
    CliRun refused = run("remove", "none");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("pack: none@1 (expected: one of [twin@2])");
  }

  @Test
  void packsAreListed() {
    assertThat(run("list").out().replaceAll(" +", " "))
        .contains("twin@2 e8 to e9 0,3 expert-8500, expert-8502 as the gate says")
        .contains("lost@2 e8 to e9 0,3 none as the gate says");
  }

  private final class Router extends ClusterServiceImplBase {
    @Override
    public void addPack(AddPackRequest request, StreamObserver<AddPackResponse> observer) {
      asked.add(request);
      observer.onNext(AddPackResponse.newBuilder().setPack(TWIN).build());
      observer.onCompleted();
    }

    @Override
    public void removePack(RemovePackRequest request, StreamObserver<RemovePackResponse> observer) {
      asked.add(request);
      if (request.getName().equals("none")) {
        observer.onError(
            GrpcErrors.toStatus(
                ServingException.invalidField("pack", "none@1", "one of [twin@2]")));
        return;
      }
      observer.onNext(RemovePackResponse.getDefaultInstance());
      observer.onCompleted();
    }

    @Override
    public void listPacks(ListPacksRequest request, StreamObserver<ListPacksResponse> observer) {
      ActivePack lost = TWIN.toBuilder().setName("lost").clearNodes().build();
      observer.onNext(ListPacksResponse.newBuilder().addPacks(TWIN).addPacks(lost).build());
      observer.onCompleted();
    }
  }
}
