package io.ennead.router.api.kserve;

import inference.ModelInput;
import inference.ModelMetadataResponse.TensorMetadata;
import inference.ModelOutput;
import java.util.List;

/**
 * A tensor that a model takes or gives.
 *
 * @param shape extents, -1 for any
 * @param optional whether a request may do without
 */
record TensorSpec(String name, Datatype datatype, List<Long> shape, boolean optional) {
  /** Copies the shape. */
  TensorSpec {
    shape = List.copyOf(shape);
  }

  static TensorSpec of(Option<?> option) {
    return new TensorSpec(
        option.name(), option.kind().datatype(), List.of(option.kind().extent()), true);
  }

  TensorMetadata metadata() {
    return TensorMetadata.newBuilder()
        .setName(name)
        .setDatatype(datatype.name())
        .addAllShape(shape)
        .build();
  }

  ModelInput input() {
    return ModelInput.newBuilder()
        .setName(name)
        .setDataType(datatype.configured())
        .addAllDims(shape)
        .setOptional(optional)
        .build();
  }

  ModelOutput output() {
    return ModelOutput.newBuilder()
        .setName(name)
        .setDataType(datatype.configured())
        .addAllDims(shape)
        .build();
  }
}
