package io.ennead.cli.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.Weight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes safetensors files of random bf16, and their index. */
final class ShardWriter {
  private static final int BUFFER_BYTES = 1 << 22;

  private final ObjectMapper json = new ObjectMapper();
  private final Path directory;
  private final Map<String, String> files = new TreeMap<>();
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private long state;

  ShardWriter(Path directory, long seed) {
    this.directory = directory;
    this.state = seed;
  }

  /** Writes one file; gives the bytes of its weights. */
  long write(List<Weight> tensors) throws IOException {
    String name = "model-%05d.safetensors".formatted(files.values().stream().distinct().count());
    byte[] header = header(tensors);
    Path file = directory.resolve(name);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer start =
          ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(channel, start.putLong(header.length).put(header).flip());
      for (Weight tensor : tensors) {
        files.put(tensor.tensor(), name);
        fill(channel, tensor);
      }
    }
    return tensors.stream().mapToLong(ShardWriter::bytes).sum();
  }

  void writeIndex() throws IOException {
    ObjectNode index = json.createObjectNode();
    index.putObject("metadata");
    ObjectNode map = index.putObject("weight_map");
    files.forEach(map::put);
    Files.writeString(directory.resolve("model.safetensors.index.json"), index.toString());
  }

  private byte[] header(List<Weight> tensors) {
    ObjectNode header = json.createObjectNode();
    long at = 0;
    for (Weight tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.tensor()).put("dtype", "BF16");
      tensor.storedShape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(at).add(at + bytes(tensor));
      at += bytes(tensor);
    }
    return header.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static long elements(Weight tensor) {
    return tensor.storedShape().stream().reduce(1L, Math::multiplyExact);
  }

  private static long bytes(Weight tensor) {
    return elements(tensor) * Short.BYTES;
  }

  /** A vector is ones, as a norm is at first; a matrix keeps the size of what it multiplies. */
  private void fill(FileChannel channel, Weight tensor) throws IOException {
    long left = elements(tensor);
    boolean vector = tensor.columns() == 1;
    float scale = (float) Math.sqrt(3.0 / tensor.columns());
    while (left > 0) {
      buffer.clear();
      int count = (int) Math.min(left, BUFFER_BYTES / Short.BYTES);
      for (int i = 0; i < count; i++) {
        buffer.putShort(vector ? bf16(1) : bf16(next() * scale));
      }
      writeAll(channel, buffer.flip());
      left -= count;
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
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
