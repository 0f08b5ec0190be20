package io.ennead.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.ennead.errors.ServingException;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.DemoModel;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.PackId;
import io.ennead.expert.pack.PackManifest;
import io.ennead.node.ConfigLoader;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.DataType;
import io.ennead.v1.DescribeNodeRequest;
import io.ennead.v1.DescribeNodeResponse;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertSelector;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertServiceGrpc;
import io.ennead.v1.ExpertServiceGrpc.ExpertServiceBlockingStub;
import io.ennead.v1.LoadExpertsRequest;
import io.ennead.v1.LoadedExpert;
import io.ennead.v1.PackSource;
import io.ennead.v1.Phase;
import io.ennead.v1.UnloadExpertsRequest;
import io.ennead.wire.TensorCodec;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node of the bundled model that is given and loses experts while it computes. */
@Timeout(120)
class HeldExpertsTest {
  private static final int LAYERS = 4;
  private static final int HIDDEN = 192;
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final Checkpoint model = Checkpoint.open(DemoModel.DIRECTORY);
  private final String fingerprint = Fingerprints.model(model);
  @TempDir private Path packs;
  private ExpertNode node;
  private ManagedChannel channel;
  private ExpertServiceBlockingStub stub;

  @BeforeEach
  void start() throws InterruptedException {
    var args =
        List.of(
            "--port=0",
            "--admin-port=0",
            "--experts=0-3",
            "--max-experts=20",
            "--packs=" + packs,
            "--drain-delay=1s");
    var env = Map.of("ENNEAD_MODEL", DemoModel.DIRECTORY.toString());
    node =
        ExpertNode.start(
            ConfigLoader.load(ExpertConfig.class, "expert", args, env), TorchExperts::load);
    node.awaitReady(LIMIT);
    channel = NettyChannelBuilder.forAddress("127.0.0.1", node.port()).usePlaintext().build();
    stub = ExpertServiceGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    node.close();
  }

  @Test
  void whatIsLoadedLaterGivesTheBitsOfWhatWasLoadedAtTheStart() {
    String before = describe().getGeneration();
    ByteString bits = forward(2, 3);
    unload(selector(3));
    load(selector(3));
    assertThat(forward(2, 3)).isEqualTo(bits);
    DescribeNodeResponse now = describe();
    assertThat(now.getGeneration()).isEqualTo(before.replaceAll(":1$", ":3"));
    assertThat(now.getExpertsList())
        .hasSize(LAYERS * 4)
        .allSatisfy(
            held ->
                assertThat(held.getFingerprint())
                    .isEqualTo(Fingerprints.expert(model, held.getLayer(), held.getExpert())));
  }

  @Test
  void oneExpertOfOneLayerCanBeLoaded() {
    load(selector(7).setLayer(1));
    assertThat(describe().getExpertsList())
        .filteredOn(held -> held.getExpert() == 7)
        .extracting(LoadedExpert::getLayer)
        .containsExactly(1);
    forward(1, 7);
    assertThat(fails(() -> forward(2, 7)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_EXPERT_NOT_LOADED);
  }

  @Test
  void anExpertThatLeavesIsComputedUntilRoutersHaveSeenIt() {
    String before = describe().getGeneration();
    var unloading = CompletableFuture.runAsync(() -> unload(selector(3)));
    await().until(() -> !describe().getGeneration().equals(before));
    assertThat(describe().getExpertsList()).hasSize(LAYERS * 3);
    forward(0, 3); // the drain delay is not over
    unloading.join();
    assertThat(fails(() -> forward(0, 3)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_EXPERT_NOT_LOADED);
  }

  @Test
  void otherCallsGoOnWhileExpertsComeAndGo() {
    ByteString bits = forward(1, 0);
    var stopped = new AtomicBoolean();
    var calls = new AtomicInteger();
    var load =
        CompletableFuture.runAsync(
            () -> {
              while (!stopped.get()) {
                assertThat(forward(1, 0)).isEqualTo(bits);
                calls.incrementAndGet();
              }
            });
    for (int expert = 4; expert < 6; expert++) {
      load(selector(expert));
      unload(selector(expert));
    }
    stopped.set(true);
    load.join();
    assertThat(calls).hasPositiveValue();
    assertThat(describe().getExpertsList()).hasSize(LAYERS * 4);
  }

  @Test
  void oneChangeAtATimeAndNoMoreExpertsThanAllowed() {
    assertThat(fails(() -> load(selector(4), selector(5))))
        .hasMessage(
            "experts: 8 beside 16 that are held (expected: at most 20 in all (max-experts))");
    String before = describe().getGeneration();
    var unloading = CompletableFuture.runAsync(() -> unload(selector(3)));
    await().until(() -> !describe().getGeneration().equals(before));
    ServingException refused = fails(() -> load(selector(4)));
    assertThat(refused.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    assertThat(refused.retryAfter()).isPresent();
    unloading.join();
  }

  @Test
  void changesOfNothingKeepTheGeneration() {
    String before = describe().getGeneration();
    load(selector(0));
    unload(selector(6));
    assertThat(describe().getGeneration()).isEqualTo(before);
  }

  @Test
  void anExpertOfAPackGivesTheBitsOfWhatItIsACopyOf() {
    PackManifest pack = copyOfTwo("twin");
    ByteString bits = forward(1, 2);
    loadPack(pack, 11, 1);
    assertThat(forward(1, 11)).isEqualTo(bits);
    assertThat(describe().getExpertsList())
        .filteredOn(held -> held.getExpert() == 11)
        .extracting(LoadedExpert::getFingerprint)
        .containsExactly(Fingerprints.expert(model, 1, 2));
    unload(selector(11));
    assertThat(fails(() -> forward(1, 11)).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_EXPERT_NOT_LOADED);
    assertThat(describe().getExpertsList()).hasSize(LAYERS * 4);
  }

  @Test
  void packsThatAreNotHereAreRefusedByName() {
    PackManifest pack = copyOfTwo("twin");
    assertThat(fails(() -> loadPack(pack, 11, 2)))
        .hasMessage("experts: expert 11 of layer 2 (expected: experts of pack twin@1)");
    PackManifest other = copyOfTwo("other");
    assertThat(fails(() -> load(source(other, 8).setName("twin"), 1)))
        .hasMessageStartingWith("pack.content_sha256: " + other.contentHash());
    assertThat(fails(() -> load(source(pack, 8).setName("none"), 1)))
        .hasMessage("pack: none@1 (expected: a directory below this node's --packs)");
    assertThat(fails(() -> load(source(pack, 8).setName("../twin"), 1)))
        .hasMessageStartingWith("pack.name: ../twin");
  }

  @Test
  void anIdThatAnotherPackHoldsIsNoneOfThisOne() {
    PackManifest pack = copyOfTwo("twin");
    loadPack(pack, 11, 1);
    String before = describe().getGeneration();
    loadPack(pack, 11, 1);
    assertThat(describe().getGeneration()).isEqualTo(before);
    PackManifest other = copyOfTwo("other");
    assertThat(fails(() -> loadPack(other, 11, 1)))
        .hasMessage(
            "experts: expert 11 of layer 1 (expected: an id under which pack twin@1 holds nothing)");
    unload(selector(11));
    loadPack(other, 11, 1);
  }

  @Test
  void idsOfPacksAreBounded() {
    PackManifest pack = copyOfTwo("twin");
    assertThat(fails(() -> loadPack(pack, 8 + 256, 1)))
        .hasMessage("pack.first_expert: 264 (expected: 8 to 263)");
    loadPack(pack, 8 + 255, 1);
    forward(1, 8 + 255);
    assertThat(fails(() -> forward(1, 8 + 256)))
        .hasMessageContaining("slices[0].expert: 264 (expected: 0 to 7, or the id of a pack's)");
  }

  /** Expert 2 of layer 1. */
  private PackManifest copyOfTwo(String name) {
    PackId id = new PackId(name, "1");
    return ExpertCopies.write(
        packs.resolve(id.directory()), id, model, fingerprint, new TreeMap<>(Map.of(1, 2)));
  }

  private static PackSource.Builder source(PackManifest pack, int first) {
    return PackSource.newBuilder()
        .setName(pack.id().name())
        .setVersion(pack.id().version())
        .setContentSha256(pack.contentHash())
        .setFirstExpert(first);
  }

  private void loadPack(PackManifest pack, int id, int layer) {
    load(source(pack, id), layer);
  }

  private void load(PackSource.Builder source, int layer) {
    var unused =
        stub.loadExperts(
            LoadExpertsRequest.newBuilder()
                .setModelFingerprint(fingerprint)
                .setPack(source)
                .addExperts(selector(source.getFirstExpert()).setLayer(layer))
                .build());
  }

  private static ExpertSelector.Builder selector(int expert) {
    return ExpertSelector.newBuilder().setExpert(expert);
  }

  private void load(ExpertSelector.Builder... experts) {
    var request = LoadExpertsRequest.newBuilder().setModelFingerprint(fingerprint);
    List.of(experts).forEach(request::addExperts);
    var unused = stub.loadExperts(request.build());
  }

  private void unload(ExpertSelector.Builder expert) {
    var unused =
        stub.unloadExperts(
            UnloadExpertsRequest.newBuilder()
                .setModelFingerprint(fingerprint)
                .addExperts(expert)
                .build());
  }

  private DescribeNodeResponse describe() {
    return stub.describeNode(DescribeNodeRequest.getDefaultInstance());
  }

  /** The output of a fixed row. */
  private ByteString forward(int layer, int expert) {
    float[] row = new float[HIDDEN];
    Random random = new Random(7);
    for (int i = 0; i < HIDDEN; i++) {
      row[i] = (float) random.nextGaussian();
    }
    var request =
        ExpertServiceForwardRequest.newBuilder()
            .setModelFingerprint(fingerprint)
            .setLayer(layer)
            .setPhase(Phase.PHASE_DECODE)
            .setRows(TensorCodec.encode(row, DataType.DATA_TYPE_F32, 1, HIDDEN));
    request.addSlicesBuilder().setExpert(expert).addRows(0);
    return stub.forward(request.build()).getOutputs().getData();
  }

  private static ServingException fails(Runnable call) {
    return GrpcErrors.fromThrowable(catchThrowableOfType(StatusRuntimeException.class, call::run));
  }
}
