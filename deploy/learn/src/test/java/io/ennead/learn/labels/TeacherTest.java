package io.ennead.learn.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.client.EnneadClient;
import io.ennead.errors.ServingException;
import io.ennead.learn.model.LabelRows;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.DataType;
import io.ennead.v1.InferenceServiceGrpc.InferenceServiceImplBase;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.SoftLabelsSummary;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A teacher that breaks off, refuses, or says what it should not. */
@Timeout(30)
class TeacherTest {
  private static final int[] SEQUENCE = {0, 5, 6, 7, 8, 9};

  private final List<SoftLabelsRequest> requests = new ArrayList<>();
  private final List<ServingException> failures = new ArrayList<>();
  private int shift;
  private Server server;
  private EnneadClient client;

  @BeforeEach
  void open() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Labels())
            .build()
            .start();
    client = EnneadClient.connect("127.0.0.1:" + server.getPort());
  }

  @AfterEach
  void close() throws InterruptedException {
    client.close();
    server.shutdownNow().awaitTermination();
  }

  @Test
  void aCallThatBreaksOffGoesOnWhereItWas() throws Exception {
    failures.add(ServingException.draining());
    failures.add(ServingException.queueFull("request queue", 1, Duration.ofMillis(1)));
    LabelRows labels = teacher(2).label(0, SEQUENCE);
    assertThat(requests).extracting(SoftLabelsRequest::getFrom).containsExactly(1, 3, 5);
    assertThat(requests).allMatch(r -> r.getTemperature() == 4 && r.getTop() == 2);
    assertThat(labels.ids()).containsExactly(1, 2, 2, 3, 3, 4, 4, 5, 5, 6);
    assertThat(labels.probabilities())
        .containsExactly(
            1 / 2f, 1 / 4f, 1 / 3f, 1 / 5f, 1 / 4f, 1 / 6f, 1 / 5f, 1 / 7f, 1 / 6f, 1 / 8f);
    assertThat(labels.remaining()).containsExactly(1, 2, 3, 4, 5);
    assertThat(labels.whole()).isFalse();
  }

  @Test
  void whatWillNotPassIsNotTriedAgain() {
    failures.add(ServingException.invalidField("top", 2, "something else"));
    assertThatThrownBy(() -> teacher(2).label(0, SEQUENCE))
        .isInstanceOf(ServingException.class)
        .hasMessageContaining("top");
    assertThat(requests).hasSize(1);
  }

  @Test
  void wrongPlacesAreNoticed() {
    shift = 1;
    assertThatThrownBy(() -> teacher(2).label(0, SEQUENCE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("place of labels: 2, 2 rows (expected: 1");
  }

  private Teacher teacher(int top) {
    return new Teacher(client, new LabelForm("f00d", 4, top), 20, Duration.ofSeconds(20));
  }

  /** Gives two rows, and then a failure where one is left. */
  private final class Labels extends InferenceServiceImplBase {
    @Override
    public void softLabels(SoftLabelsRequest request, StreamObserver<SoftLabelsResponse> observer) {
      requests.add(request);
      int place = request.getFrom();
      while (place < SEQUENCE.length) {
        int rows = Math.min(2, SEQUENCE.length - place);
        observer.onNext(rows(place + shift, rows));
        place += rows;
        if (!failures.isEmpty()) {
          observer.onError(GrpcErrors.toStatus(failures.remove(0)));
          return;
        }
      }
      observer.onNext(
          SoftLabelsResponse.newBuilder()
              .setSummary(SoftLabelsSummary.getDefaultInstance())
              .build());
      observer.onCompleted();
    }

    private SoftLabelsResponse rows(int place, int count) {
      SoftLabelsResponse.Builder response = SoftLabelsResponse.newBuilder().setPlace(place);
      ByteBuffer ids = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
      float[] probabilities = new float[2 * count];
      float[] remaining = new float[count];
      for (int row = 0; row < count; row++) {
        int at = place + row;
        response.addTokenIds(SEQUENCE[Math.min(at, 5)]);
        ids.putInt(at).putInt(at + 1);
        probabilities[2 * row] = 1f / (at + 1);
        probabilities[2 * row + 1] = 1f / (at + 3);
        remaining[row] = at;
      }
      return response
          .setIds(
              Tensor.newBuilder()
                  .setDataType(DataType.DATA_TYPE_I32)
                  .addShape(count)
                  .addShape(2)
                  .setData(com.google.protobuf.ByteString.copyFrom(ids.flip())))
          .setProbabilities(TensorCodec.encode(probabilities, DataType.DATA_TYPE_F32, count, 2))
          .setRemaining(TensorCodec.encode(remaining, DataType.DATA_TYPE_F32, count))
          .build();
    }
  }
}
