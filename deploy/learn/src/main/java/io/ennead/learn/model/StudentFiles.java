package io.ennead.learn.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.family.Families;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A student as a Hugging Face model directory that a cluster can serve: config.json, the teacher's
 * tokenizer, and weights in float32.
 */
public final class StudentFiles {
  private static final List<String> TOKENIZER =
      List.of(
          "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "generation_config.json");

  private final Path directory;

  private StudentFiles(Path directory) {
    this.directory = directory;
  }

  /**
   * Writes config.json and tokenizer; a directory that has them already has them replaced.
   *
   * @param teacher directory of the teacher's model
   */
  public static StudentFiles write(Path directory, StudentShape shape, Path teacher)
      throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), shape.config(teacher));
    for (String file : TOKENIZER) {
      if (Files.exists(teacher.resolve(file))) {
        Files.copy(
            teacher.resolve(file), directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return new StudentFiles(directory);
  }

  /** The model, as the nodes read it. */
  public ModelConfig config() {
    return Families.read(directory.resolve("config.json"));
  }

  /** Writes the weights, in one move once all of them are there. */
  public void write(Weights weights) throws IOException {
    List<Weight> tensors = Weights.all(config());
    Path unfinished = directory.resolve("model.safetensors.tmp");
    byte[] header = header(tensors);
    try (FileChannel file =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeAll(file, buffer(Long.BYTES + header.length).putLong(header.length).put(header));
      for (Weight tensor : tensors) {
        float[] values = weights.get(tensor.tensor());
        ByteBuffer bytes = buffer(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        writeAll(file, bytes.position(bytes.limit()));
      }
      file.force(true);
    }
    Files.move(unfinished, directory.resolve("model.safetensors"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static byte[] header(List<Weight> tensors) {
    ObjectNode header = new ObjectMapper().createObjectNode();
    long at = 0;
    for (Weight tensor : tensors) {
      long bytes = tensor.size() * Float.BYTES;
      ObjectNode entry = header.putObject(tensor.tensor()).put("dtype", "F32");
      tensor.storedShape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(at).add(at + bytes);
      at += bytes;
    }
    return header.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void writeAll(FileChannel file, ByteBuffer bytes) throws IOException {
    bytes.flip();
    while (bytes.hasRemaining()) {
      file.write(bytes);
    }
  }
}
