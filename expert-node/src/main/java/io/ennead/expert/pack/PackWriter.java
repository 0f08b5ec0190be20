package io.ennead.expert.pack;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.ElementType;
import io.ennead.wire.FloatFormats;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Function;

/** Writes a pack's directory: the tensors a block at a time, the manifest last. */
public final class PackWriter {
  private static final String TENSORS = "model.safetensors";

  private PackWriter() {}

  /**
   * Writes a pack that does not exist yet.
   *
   * @param manifest its hash is not looked at
   * @param tensors the numbers of each tensor of {@link PackLayout}
   * @return the manifest as written
   */
  public static PackManifest write(
      Path directory,
      PackManifest manifest,
      ModelConfig model,
      Function<Weight, PackTensor> tensors) {
    ExpertPack.requireExtensible(directory, model);
    PackLayout layout = new PackLayout(model, manifest.layers(), manifest.experts());
    try {
      Files.createDirectories(directory);
      writeTensors(directory.resolve(TENSORS), layout.weights().toList(), tensors);
      Checkpoint written = Checkpoint.of(directory, layout.placed(model.experts()));
      PackManifest whole = manifest.withHash(PackHash.of(manifest, layout, written));
      Files.writeString(
          directory.resolve(PackManifest.FILE), whole.json(), StandardOpenOption.CREATE_NEW);
      return whole;
    } catch (IOException e) {
      throw new UncheckedIOException(directory + " cannot be written", e);
    }
  }

  private static void writeTensors(
      Path file, List<Weight> weights, Function<Weight, PackTensor> tensors) throws IOException {
    List<PackTensor> values = weights.stream().map(tensors).toList();
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      byte[] header = header(weights, values);
      ByteBuffer start =
          ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(channel, start.putLong(header.length).put(header).flip());
      for (int i = 0; i < weights.size(); i++) {
        PackTensor tensor = values.get(i);
        int columns = weights.get(i).columns();
        tensor
            .rows()
            .accept((row, count, block) -> append(channel, tensor.type(), block, count * columns));
      }
    }
  }

  private static byte[] header(List<Weight> weights, List<PackTensor> values) {
    ObjectNode header = ManifestFields.object();
    long at = 0;
    for (int i = 0; i < weights.size(); i++) {
      Weight weight = weights.get(i);
      ElementType type = values.get(i).type();
      long end = at + weight.size() * type.bits() / Byte.SIZE;
      ObjectNode entry = header.putObject(weight.tensor()).put("dtype", type.name());
      weight.storedShape().forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(at).add(end);
      at = end;
    }
    return header.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void append(FileChannel channel, ElementType type, ByteBuffer block, int count) {
    FloatBuffer values = block.duplicate().order(block.order()).rewind().asFloatBuffer();
    ByteBuffer bytes =
        ByteBuffer.allocate(count * type.bits() / Byte.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      if (type == ElementType.BF16) {
        bytes.putShort(FloatFormats.toBf16(values.get(i)));
      } else {
        bytes.putFloat(values.get(i));
      }
    }
    try {
      writeAll(channel, bytes.flip());
    } catch (IOException e) {
      throw new UncheckedIOException("tensors cannot be written", e);
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
