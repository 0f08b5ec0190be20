package io.ennead.expert.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files with random damage are refused with the typed exception, or are still consistent. */
class HeaderMutationTest {
  private static final int ROUNDS = 5_000;

  @TempDir private Path directory;

  @Test
  void damagedFilesAreRefusedOrConsistent() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] valid = validFile();
    int accepted = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] damaged = damage(valid, random);
      accepted += check(damaged, "seed %d, round %d".formatted(seed, round)) ? 1 : 0;
    }
    // Damage to a tensor's data or name leaves a valid file, so both outcomes are exercised.
    assertThat(accepted).as("seed %d", seed).isBetween(1, ROUNDS - 1);
  }

  private boolean check(byte[] bytes, String round) {
    Path file = directory.resolve("x.safetensors");
    SafetensorsFile.writeBytes(file, bytes);
    try {
      assertConsistent(SafetensorsHeader.read(file), bytes, round);
      return true;
    } catch (ModelFormatException e) {
      assertThat(e).as(round).hasMessageStartingWith(file.toString());
      return false;
    } catch (RuntimeException | OutOfMemoryError e) {
      throw new AssertionError(round, e);
    }
  }

  /** What opens covers the file's data exactly and reads as the bytes that are there. */
  private static void assertConsistent(List<TensorInfo> tensors, byte[] bytes, String round) {
    long end = tensors.isEmpty() ? bytes.length : tensors.get(0).begin();
    for (TensorInfo tensor : tensors) {
      assertThat(tensor.begin()).as(round).isEqualTo(end);
      assertThat(tensor.bytes() * 8).as(round).isEqualTo(tensor.elements() * tensor.type().bits());
      assertContent(tensor, bytes, round);
      end = tensor.end();
    }
    assertThat(end).as(round).isEqualTo(bytes.length);
  }

  private static void assertContent(TensorInfo tensor, byte[] bytes, String round) {
    var content = new CRC32();
    content.update(
        Arrays.copyOfRange(bytes, Math.toIntExact(tensor.begin()), Math.toIntExact(tensor.end())));
    var read = new ChecksumDigest();
    try (TensorBytes stored = TensorBytes.open(tensor)) {
      stored.digest(read, 0, tensor.bytes());
    }
    assertThat(read.crc.getValue()).as(round).isEqualTo(content.getValue());
  }

  private static byte[] damage(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    int kind = random.nextInt(4);
    if (kind == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length + 16));
    }
    int hits = kind == 1 ? 1 : 1 + random.nextInt(8);
    String interesting = "0123456789-{}[],:\"\\.eE ";
    for (int hit = 0; hit < hits; hit++) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          kind == 3
              ? (byte) interesting.charAt(random.nextInt(interesting.length()))
              : (byte) random.nextInt(256);
    }
    return bytes;
  }

  private byte[] validFile() throws IOException {
    Path file = directory.resolve("valid.safetensors");
    new SafetensorsFile()
        .add("layers.0.w1", "F32", "[2,3]", new byte[24])
        .add("layers.0.w2", "BF16", "[3]", new byte[6])
        .add("layers.1.w1", "F16", "[0,9]", new byte[0])
        .add("scale", "U8", "[]", new byte[1])
        .write(file);
    return Files.readAllBytes(file);
  }

  /** A checksum in the shape that {@link TensorBytes#digest} takes. */
  private static final class ChecksumDigest extends MessageDigest {
    private final CRC32 crc = new CRC32();

    ChecksumDigest() {
      super("CRC32");
    }

    @Override
    protected void engineUpdate(byte input) {
      crc.update(input);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int length) {
      crc.update(input, offset, length);
    }

    @Override
    protected byte[] engineDigest() {
      return new byte[0];
    }

    @Override
    protected void engineReset() {
      crc.reset();
    }
  }
}
