package io.ennead.wire;

import io.ennead.v1.DataType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The number formats that matrix products run in. */
public enum ComputeType {
  /** IEEE 754 binary32: the reference. */
  F32(DataType.DATA_TYPE_F32),
  /** bfloat16 products; norms, gate, softmax, combine and logits stay in binary32. */
  BF16(DataType.DATA_TYPE_BF16),
  /**
   * Expert matrices are held as 8-bit integers with a float32 scale per output channel, made when
   * they are loaded; everything else is as in {@link #BF16}.
   */
  INT8(DataType.DATA_TYPE_BF16);

  private final DataType wireType;

  ComputeType(DataType wireType) {
    this.wireType = wireType;
  }

  /** The type of tensors of activations between nodes that compute in this format. */
  public DataType wireType() {
    return wireType;
  }

  /** The name used in flags, files and messages: "f32", "bf16" or "int8". */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The inverse of {@link #label()}.
   *
   * @throws IllegalArgumentException naming the value and what is allowed
   */
  public static ComputeType of(String label) {
    return Arrays.stream(values())
        .filter(type -> type.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "dtype: %s (expected: %s)"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(ComputeType::label)
                                .collect(Collectors.joining(", ")))));
  }
}
