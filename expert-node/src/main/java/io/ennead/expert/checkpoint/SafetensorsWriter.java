package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.Weight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** Writes safetensors files, whose tensors may be larger than memory. Used by one thread. */
public final class SafetensorsWriter {
  private static final int BUFFER_BYTES = 1 << 22;

  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final ElementType type;

  /**
   * Writes tensors of one type.
   *
   * @param type of whole bytes
   */
  public SafetensorsWriter(ElementType type) {
    this.type = type;
  }

  /**
   * Writes a file, and has it on the disk when it returns.
   *
   * @param file must not exist
   * @param tensors whole ones, each once, in the order that they get in the file
   * @return bytes of the tensors
   */
  public long write(Path file, List<Weight> tensors, Content content) throws IOException {
    byte[] header = header(tensors);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer start =
          ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(channel, start.putLong(header.length).put(header).flip());
      for (Weight tensor : tensors) {
        write(channel, tensor, content);
      }
      channel.force(true);
    }
    return tensors.stream().mapToLong(this::bytes).sum();
  }

  private byte[] header(List<Weight> tensors) {
    ObjectNode header = new ObjectMapper().createObjectNode();
    long at = 0;
    for (Weight tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.tensor()).put("dtype", type.name());
      tensor.storedShape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(at).add(at + bytes(tensor));
      at += bytes(tensor);
    }
    return header.toString().getBytes(StandardCharsets.UTF_8);
  }

  private void write(FileChannel channel, Weight tensor, Content content) throws IOException {
    long elements = elements(tensor);
    int atOnce = BUFFER_BYTES / elementBytes();
    for (long from = 0; from < elements; from += atOnce) {
      int count = (int) Math.min(elements - from, atOnce);
      content.put(tensor, from, count, buffer.clear());
      writeAll(channel, buffer.position(0).limit(count * elementBytes()));
    }
  }

  private static long elements(Weight tensor) {
    return tensor.storedShape().stream().reduce(1L, Math::multiplyExact);
  }

  private int elementBytes() {
    return type.bits() / Byte.SIZE;
  }

  private long bytes(Weight tensor) {
    return elements(tensor) * elementBytes();
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** The numbers of the tensors. */
  @FunctionalInterface
  public interface Content {
    /**
     * Puts elements of a tensor; parts come in order.
     *
     * @param from index of the first
     * @param target little endian, with room for them from its start
     */
    void put(Weight tensor, long from, int count, ByteBuffer target);
  }
}
