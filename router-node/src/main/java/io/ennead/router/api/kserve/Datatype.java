package io.ennead.router.api.kserve;

import inference.DataType;
import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.util.Arrays;

/** Types of a tensor's elements, by the names of the protocol. */
enum Datatype {
  BOOL(1, DataType.TYPE_BOOL),
  UINT8(1, DataType.TYPE_UINT8),
  UINT16(2, DataType.TYPE_UINT16),
  UINT32(4, DataType.TYPE_UINT32),
  UINT64(8, DataType.TYPE_UINT64),
  INT8(1, DataType.TYPE_INT8),
  INT16(2, DataType.TYPE_INT16),
  INT32(4, DataType.TYPE_INT32),
  INT64(8, DataType.TYPE_INT64),
  FP16(2, DataType.TYPE_FP16),
  FP32(4, DataType.TYPE_FP32),
  FP64(8, DataType.TYPE_FP64),
  BF16(2, DataType.TYPE_BF16),
  /** Byte strings, each behind its length as UINT32 where they are written one after another. */
  BYTES(0, DataType.TYPE_STRING);

  private final int bytes;
  private final DataType configured;

  Datatype(int bytes, DataType configured) {
    this.bytes = bytes;
    this.configured = configured;
  }

  /**
   * The type of this name.
   *
   * @throws ServingException TENSOR_DTYPE_MISMATCH
   */
  static Datatype of(String label, String tensor) {
    return Arrays.stream(values())
        .filter(type -> type.name().equals(label))
        .findFirst()
        .orElseThrow(() -> mismatch(tensor, label, "one of " + Arrays.toString(values())));
  }

  static ServingException mismatch(String tensor, String label, String expected) {
    return ServingException.field(
        ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH, tensor + ".datatype", label, expected);
  }

  /** Bytes of one element; 0 for {@link #BYTES}. */
  int bytes() {
    return bytes;
  }

  /** The same in a model's configuration. */
  DataType configured() {
    return configured;
  }

  boolean integer() {
    return name().contains("INT");
  }

  boolean real() {
    return this == FP16 || this == FP32 || this == FP64 || this == BF16;
  }
}
