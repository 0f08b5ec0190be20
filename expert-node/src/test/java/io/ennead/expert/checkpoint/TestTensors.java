package io.ennead.expert.checkpoint;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The tensors of one safetensors file, for tests. */
public final class TestTensors {
  private final Map<String, TensorInfo> tensors;

  private TestTensors(Map<String, TensorInfo> tensors) {
    this.tensors = tensors;
  }

  public static TestTensors read(Path file) {
    return new TestTensors(
        SafetensorsHeader.read(file).stream()
            .collect(Collectors.toMap(TensorInfo::name, Function.identity())));
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  public List<Long> shape(String name) {
    return tensors.get(name).shape();
  }

  public float[] floats(String name) {
    TensorInfo info = tensors.get(name);
    float[] values = new float[(int) info.elements()];
    try (StoredTensor tensor = new StoredTensor(info)) {
      tensor.read(0, FloatBuffer.wrap(values));
    }
    return values;
  }
}
