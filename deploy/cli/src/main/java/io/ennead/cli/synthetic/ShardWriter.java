package io.ennead.cli.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes safetensors files of random bf16, and their index. */
final class ShardWriter {
  private final SafetensorsWriter writer = new SafetensorsWriter(ElementType.BF16);
  private final Path directory;
  private final Map<String, String> files = new TreeMap<>();
  private long state;

  ShardWriter(Path directory, long seed) {
    this.directory = directory;
    this.state = seed;
  }

  /** Writes one file; gives the bytes of its weights. */
  long write(List<Weight> tensors) throws IOException {
    String name = "model-%05d.safetensors".formatted(files.values().stream().distinct().count());
    tensors.forEach(tensor -> files.put(tensor.tensor(), name));
    return writer.write(directory.resolve(name), tensors, this::fill);
  }

  void writeIndex() throws IOException {
    ObjectNode index = new ObjectMapper().createObjectNode();
    index.putObject("metadata");
    ObjectNode map = index.putObject("weight_map");
    files.forEach(map::put);
    Files.writeString(directory.resolve("model.safetensors.index.json"), index.toString());
  }

  /** A vector is ones, as a norm is at first; a matrix keeps the size of what it multiplies. */
  private void fill(Weight tensor, long from, int count, ByteBuffer target) {
    boolean vector = tensor.columns() == 1;
    float scale = (float) Math.sqrt(3.0 / tensor.columns());
    for (int i = 0; i < count; i++) {
      target.putShort(vector ? bf16(1) : bf16(next() * scale));
    }
  }

  /** Uniform in [-1, 1): SplitMix64, as in java.util.SplittableRandom. */
  private float next() {
    state += 0x9E3779B97F4A7C15L;
    long z = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return ((z ^ (z >>> 31)) >> 40) * 0x1.0p-23f;
  }

  private static short bf16(float value) {
    return (short) (Float.floatToRawIntBits(value) >> Short.SIZE);
  }
}
