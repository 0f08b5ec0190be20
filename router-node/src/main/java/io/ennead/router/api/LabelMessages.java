package io.ennead.router.api;

import com.google.protobuf.UnsafeByteOperations;
import io.ennead.router.sample.SoftLabel;
import io.ennead.router.score.TextJob;
import io.ennead.v1.DataType;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.SoftLabelsSummary;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Writes the labels of one text as messages. */
final class LabelMessages {
  private final TextJob job;
  private final boolean whole;
  private final DataType type;
  private final Optional<DataType> hiddenType;

  LabelMessages(TextJob job, SoftLabelsRequest request) {
    this.job = job;
    this.whole = request.hasFull();
    this.type = whole ? request.getFull() : DataType.DATA_TYPE_F32;
    this.hiddenType =
        request.hasHiddenStates() ? Optional.of(request.getHiddenStates()) : Optional.empty();
  }

  /**
   * Consecutive rows.
   *
   * @param labels at least one
   */
  SoftLabelsResponse rows(int place, List<SoftLabel> labels) {
    SoftLabelsResponse.Builder message = SoftLabelsResponse.newBuilder().setPlace(place);
    for (int i = 0; i < labels.size(); i++) {
      message.addTokenIds(job.tokens()[place + i]);
    }
    message.setProbabilities(rows(labels, SoftLabel::probabilities, type));
    hiddenType.ifPresent(as -> message.setHiddenStates(rows(labels, SoftLabel::hidden, as)));
    if (!whole) {
      message.setIds(ids(labels)).setRemaining(remaining(labels));
    }
    return message.build();
  }

  private static Tensor rows(
      List<SoftLabel> labels, Function<SoftLabel, float[]> part, DataType type) {
    int width = part.apply(labels.get(0)).length;
    float[] values = new float[Math.multiplyExact(labels.size(), width)];
    for (int row = 0; row < labels.size(); row++) {
      System.arraycopy(part.apply(labels.get(row)), 0, values, row * width, width);
    }
    return TensorCodec.encode(values, type, labels.size(), width);
  }

  private static Tensor remaining(List<SoftLabel> labels) {
    float[] values = new float[labels.size()];
    for (int row = 0; row < values.length; row++) {
      values[row] = labels.get(row).remaining();
    }
    return TensorCodec.encode(values, DataType.DATA_TYPE_F32, values.length);
  }

  private static Tensor ids(List<SoftLabel> labels) {
    int width = labels.get(0).ids().length;
    ByteBuffer data =
        ByteBuffer.allocate(labels.size() * width * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (SoftLabel label : labels) {
      for (int id : label.ids()) {
        data.putInt(id);
      }
    }
    return Tensor.newBuilder()
        .setDataType(DataType.DATA_TYPE_I32)
        .addShape(labels.size())
        .addShape(width)
        .setData(UnsafeByteOperations.unsafeWrap(data.array()))
        .build();
  }

  SoftLabelsResponse summary(long rows, double seconds) {
    return SoftLabelsResponse.newBuilder()
        .setSummary(
            SoftLabelsSummary.newBuilder()
                .setRows(rows)
                .setSeconds(seconds)
                .setRowsPerSecond(rows == 0 ? 0 : rows / seconds)
                .setRoutingSeed(job.routing().seed()))
        .build();
  }
}
