package io.ennead.learn.labels;

import io.ennead.client.EnneadClient;
import io.ennead.client.Labelling;
import io.ennead.client.RetryPolicy;
import io.ennead.errors.ServingException;
import io.ennead.learn.model.LabelRows;
import io.ennead.v1.DataType;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.Tensor;
import io.ennead.v1.TokenIds;
import io.ennead.wire.TensorCodec;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.time.Duration;
import java.util.Arrays;

/**
 * Labels of a served model. A call that breaks off goes on at the first place that is missing,
 * after a pause; so does one that is refused for a while. Safe for use by several threads.
 */
public final class Teacher implements LabelSource {
  private static final int TRIES = 6;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);

  private final EnneadClient client;
  private final LabelForm form;
  private final int vocabulary;
  private final Duration limit;

  /**
   * A teacher.
   *
   * @param client stays the caller's
   * @param vocabulary the teacher's, which is the student's too
   * @param limit of one call
   */
  public Teacher(EnneadClient client, LabelForm form, int vocabulary, Duration limit) {
    this.client = client;
    this.form = form;
    this.vocabulary = vocabulary;
    this.limit = limit;
  }

  @Override
  public LabelRows label(int index, int[] sequence) throws IOException, InterruptedException {
    Rows rows = new Rows(sequence.length - 1);
    long pause = FIRST_PAUSE.toMillis();
    for (int tries = 1; ; tries++) {
      try {
        read(sequence, rows);
        return rows.labels();
      } catch (ServingException e) {
        if (tries == TRIES || !RetryPolicy.mayPass(e)) {
          throw e;
        }
      }
      Thread.sleep(pause);
      pause *= 2;
    }
  }

  private void read(int[] sequence, Rows rows) throws IOException {
    SoftLabelsRequest.Builder request =
        SoftLabelsRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(Arrays.stream(sequence).boxed().toList()))
            .setTemperature(form.temperature())
            .setFrom(rows.filled + 1);
    if (form.top() > 0) {
      request.setTop(form.top());
    } else {
      request.setFull(DataType.DATA_TYPE_F16);
    }
    try (Labelling labels = client.softLabels(request.build(), limit)) {
      while (labels.hasNext()) {
        rows.add(labels.next());
      }
    }
    rows.requireComplete();
  }

  /** The rows of one sequence as they come. */
  private final class Rows {
    private final int count;
    private final int width = form.top() > 0 ? Math.min(form.top(), vocabulary) : vocabulary;
    private final IntBuffer ids;
    private final FloatBuffer probabilities;
    private final FloatBuffer remaining;
    private int filled;

    Rows(int count) {
      this.count = count;
      ids = IntBuffer.allocate(form.top() > 0 ? count * width : 0);
      probabilities = FloatBuffer.allocate(count * width);
      remaining = FloatBuffer.allocate(form.top() > 0 ? count : 0);
    }

    void add(SoftLabelsResponse response) throws IOException {
      int rows = response.getTokenIdsCount();
      if (rows == 0) {
        return; // the summary
      }
      if (response.getPlace() != filled + 1 || filled + rows > count) {
        throw new IOException(
            "place of labels: %d, %d rows (expected: %d, at most %d)"
                .formatted(response.getPlace(), rows, filled + 1, count - filled));
      }
      probabilities.put(floats(response.getProbabilities(), rows * width));
      if (form.top() > 0) {
        remaining.put(floats(response.getRemaining(), rows));
        putIds(response.getIds(), rows * width);
      }
      filled += rows;
    }

    private float[] floats(Tensor tensor, int expected) throws IOException {
      float[] values = TensorCodec.floats(tensor, "labels");
      requireCount(values.length, expected);
      return values;
    }

    private void putIds(Tensor tensor, int expected) throws IOException {
      IntBuffer values =
          tensor.getData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
      requireCount(values.remaining(), expected);
      ids.put(values);
    }

    private void requireCount(int count, int expected) throws IOException {
      if (count != expected) {
        throw new IOException("numbers of labels: %d (expected: %d)".formatted(count, expected));
      }
    }

    void requireComplete() throws IOException {
      requireCount(filled, count);
    }

    LabelRows labels() {
      return new LabelRows(ids.array(), probabilities.array(), remaining.array());
    }
  }
}
