package io.ennead.learn;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.client.EnneadClient;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.learn.model.Objective;
import io.ennead.learn.model.StudentShape;
import io.ennead.learn.train.TrainingOptions;
import io.ennead.v1.DataType;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceImplBase;
import io.ennead.v1.ListModelsRequest;
import io.ennead.v1.ListModelsResponse;
import io.ennead.v1.Model;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TokenizeResponse;
import io.ennead.wire.TensorCodec;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole way with a teacher that knows one distribution; DistillIT has a real one. */
@Timeout(60)
class DistillationTest {
  private static final Path FAMILIES = Path.of("../../expert-node/src/test/resources/families");
  private static final int VOCABULARY = 256;

  @TempDir private Path directory;

  /** Families whose tensors hold several weights each are teachers as all others. */
  @ParameterizedTest
  @ValueSource(strings = {"granitemoe", "gpt_oss"})
  void aTeacherThatCouldNotBeTrainedIsCounted(String family) throws Exception {
    Path teacher = FAMILIES.resolve(family);
    DistillationResult result = distill(teacher);
    Checkpoint checkpoint = Checkpoint.open(teacher);
    assertThat(result.teacherParameters())
        .isEqualTo(
            checkpoint.names().stream().mapToLong(name -> checkpoint.info(name).elements()).sum());
    assertThat(directory.resolve("model/model.safetensors")).isNotEmptyFile();
  }

  private DistillationResult distill(Path teacher) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Uniform())
            .build()
            .start();
    try (EnneadClient client = EnneadClient.connect("127.0.0.1:" + server.getPort())) {
      return new Distillation(client, plan(teacher), Duration.ofSeconds(20)).run(report -> {});
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  private DistillationPlan plan(Path teacher) throws Exception {
    Path texts = Files.writeString(directory.resolve("texts.jsonl"), "{\"text\": \"abcdefgh\"}\n");
    return new DistillationPlan(
        teacher,
        texts,
        texts,
        directory,
        directory.resolve("labels"),
        new StudentShape(8, 1, 2, 1, 8, 1, 1),
        new TrainingOptions(new Objective(0.5, 2), 1, 2, 0.01, 0, 1, 0, 1, 1),
        4,
        2,
        2,
        0,
        1,
        1);
  }

  /** Every byte is a token, and all are equally likely. */
  private static final class Uniform extends InferenceServiceImplBase {
    @Override
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> response) {
      Model model = Model.newBuilder().setFingerprint("f00d").setVocabularySize(VOCABULARY).build();
      response.onNext(ListModelsResponse.newBuilder().addModels(model).build());
      response.onCompleted();
    }

    @Override
    public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> response) {
      TokenizeResponse.Builder tokens = TokenizeResponse.newBuilder();
      request.getText().chars().forEach(tokens::addIds);
      response.onNext(tokens.build());
      response.onCompleted();
    }

    @Override
    public void softLabels(SoftLabelsRequest request, StreamObserver<SoftLabelsResponse> response) {
      int rows = request.getTokenIds().getIdsCount() - 1;
      float[] row = new float[rows * VOCABULARY];
      Arrays.fill(row, 1f / VOCABULARY);
      response.onNext(
          SoftLabelsResponse.newBuilder()
              .setPlace(1)
              .addAllTokenIds(request.getTokenIds().getIdsList().subList(1, rows + 1))
              .setProbabilities(TensorCodec.encode(row, DataType.DATA_TYPE_F16, rows, VOCABULARY))
              .build());
      response.onCompleted();
    }
  }
}
