package io.ennead.router.api.kserve;

import io.ennead.errors.ServingException;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Something that a request may set, as a tensor or as a request parameter.
 *
 * @param kind what its values look like
 * @param path where it goes in the request of {@code ennead.v1}, whose errors name it so; empty
 *     where it stays here
 * @param names that it has; the first is the one to document
 */
record Option<D>(Kind kind, String path, BiConsumer<D, OptionValue> setter, List<String> names) {

  /** What values look like. */
  enum Kind {
    /** A number. */
    NUMBER(Datatype.FP32, 1),
    /** A whole number. */
    COUNT(Datatype.INT32, 1),
    /** A whole number of 64 bits. */
    SEED(Datatype.UINT64, 1),
    /** True or false. */
    FLAG(Datatype.BOOL, 1),
    /** A text. */
    WORD(Datatype.BYTES, 1),
    /** Texts. */
    WORDS(Datatype.BYTES, -1),
    /** Whole numbers. */
    COUNTS(Datatype.INT32, -1);

    private final Datatype datatype;
    private final long extent;

    Kind(Datatype datatype, long extent) {
      this.datatype = datatype;
      this.extent = extent;
    }

    /** The type to document; others of its sort are taken too. */
    Datatype datatype() {
      return datatype;
    }

    /** The only dimension's extent; -1: any. */
    long extent() {
      return extent;
    }

    private boolean takes(Datatype given) {
      return switch (this) {
        case NUMBER -> given.real() || given.integer();
        case COUNT, SEED, COUNTS -> given.integer();
        case FLAG -> given == Datatype.BOOL;
        case WORD, WORDS -> given == Datatype.BYTES;
      };
    }
  }

  static <D> Option<D> of(
      Kind kind, String path, BiConsumer<D, OptionValue> setter, String... names) {
    return new Option<>(kind, path, setter, List.of(names));
  }

  /** The same option of something that contains what this one sets. */
  <E> Option<E> in(Function<E, D> part) {
    return new Option<>(
        kind, path, (whole, value) -> setter.accept(part.apply(whole), value), names);
  }

  String name() {
    return names.get(0);
  }

  /**
   * Checks that a tensor has a type and a shape for this option: [n], or [1, n] as backends with
   * batches have it.
   *
   * @throws ServingException TENSOR_DTYPE_MISMATCH, TENSOR_SHAPE_MISMATCH
   */
  void requireFitting(InferTensor tensor) {
    if (!kind.takes(tensor.datatype())) {
      throw Datatype.mismatch(tensor.name(), tensor.datatype().name(), kind.datatype.name());
    }
    List<Long> shape = tensor.shape();
    boolean vector = shape.size() == 1 || (shape.size() == 2 && shape.get(0) == 1);
    if (!vector || (kind.extent == 1 && tensor.count() != 1)) {
      throw tensor.shapeRefused(kind.extent == 1 ? "[1] or [1, 1]" : "[n] or [1, n]");
    }
  }
}
