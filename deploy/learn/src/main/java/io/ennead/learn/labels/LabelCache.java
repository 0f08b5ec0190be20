package io.ennead.learn.labels;

import io.ennead.learn.model.LabelRows;
import io.ennead.wire.FloatFormats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;

/**
 * A teacher's labels on disk, so that it is asked once for each. One file per teacher, temperature,
 * form and sequences: a header line that says so, then a slot of one size for each sequence, little
 * endian: CRC-32 of what follows; ids (int32), probabilities and remaining masses (float32), or
 * probabilities alone (float16) where rows are whole. A slot that was never written, or only in
 * part, has a wrong CRC-32 and is written again: nothing has to be repaired after a crash.
 *
 * <p>Safe for use by several threads. Processes may share a file: those that write a slot at the
 * same time write the same bytes.
 */
public final class LabelCache implements LabelSource, AutoCloseable {
  private static final int HEADER_BYTES = 512;

  private final FileChannel file;
  private final String key;
  private final LabelSource teacher;
  private final int rows;
  private final int width;
  private final boolean whole;
  private final AtomicInteger asked = new AtomicInteger();

  private LabelCache(
      FileChannel file, String key, LabelSource teacher, int rows, int width, boolean whole) {
    this.file = file;
    this.key = key;
    this.teacher = teacher;
    this.rows = rows;
    this.width = width;
    this.whole = whole;
  }

  /**
   * Opens the file of these labels, or begins it.
   *
   * @param directory is made where it is missing
   * @param vocabulary of the teacher
   * @param teacher asked for what is missing
   * @throws IOException when the file is of something else
   */
  public static LabelCache open(
      Path directory, LabelForm form, Sequences sequences, int vocabulary, LabelSource teacher)
      throws IOException {
    Files.createDirectories(directory);
    String digest = sequences.digest();
    String name =
        "%s-T%s-%s-%s.labels"
            .formatted(
                form.fingerprint().substring(0, Math.min(12, form.fingerprint().length())),
                form.temperature(),
                form.top() == 0 ? "whole" : "top" + form.top(),
                digest.substring(0, 12));
    FileChannel file =
        FileChannel.open(
            directory.resolve(name),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    String key = key(form, sequences, digest);
    try {
      requireHeader(file, key + "\n", directory.resolve(name));
    } catch (IOException e) {
      file.close();
      throw e;
    }
    int width = form.top() == 0 ? vocabulary : Math.min(form.top(), vocabulary);
    return new LabelCache(file, key, teacher, sequences.length(), width, form.top() == 0);
  }

  private static String key(LabelForm form, Sequences sequences, String digest) {
    return "ennead-labels 1 fingerprint=%s temperature=%s top=%d sequences=%d length=%d tokens=%s"
        .formatted(
            form.fingerprint(),
            form.temperature(),
            form.top(),
            sequences.count(),
            sequences.length(),
            digest);
  }

  private static void requireHeader(FileChannel file, String header, Path path) throws IOException {
    byte[] expected = header.getBytes(StandardCharsets.UTF_8);
    if (expected.length > HEADER_BYTES) {
      throw new IOException(
          "header of %s: %d bytes (expected: at most %d)"
              .formatted(path, expected.length, HEADER_BYTES));
    }
    ByteBuffer found = ByteBuffer.allocate(expected.length);
    if (file.size() < HEADER_BYTES) { // new, or a crash before the first slot
      writeAll(file, ByteBuffer.allocate(HEADER_BYTES).put(expected).rewind(), 0);
    }
    readAll(file, found, 0);
    if (!found.flip().equals(ByteBuffer.wrap(expected))) {
      throw new IOException(
          "%s: header %s (expected: %s)"
              .formatted(path, StandardCharsets.UTF_8.decode(found), header));
    }
  }

  /** What its labels are of: teacher, temperature, form, tokens. */
  public String key() {
    return key;
  }

  /** How many sequences the teacher was asked for. */
  public int asked() {
    return asked.get();
  }

  @Override
  public LabelRows label(int index, int[] sequence) throws IOException, InterruptedException {
    Optional<LabelRows> known = read(index);
    if (known.isPresent()) {
      return known.get();
    }
    asked.incrementAndGet();
    LabelRows labels = teacher.label(index, sequence);
    write(index, labels);
    return labels;
  }

  private int bytes() {
    return whole ? rows * width * Short.BYTES : rows * (width * 2 + 1) * Float.BYTES;
  }

  private long place(int index) {
    return HEADER_BYTES + (long) index * (Integer.BYTES + bytes());
  }

  private Optional<LabelRows> read(int index) throws IOException {
    ByteBuffer slot = ByteBuffer.allocate(Integer.BYTES + bytes()).order(ByteOrder.LITTLE_ENDIAN);
    readAll(file, slot, place(index));
    if (slot.hasRemaining() || slot.getInt(0) != sum(slot)) {
      return Optional.empty();
    }
    slot.position(Integer.BYTES);
    return Optional.of(decode(slot));
  }

  private LabelRows decode(ByteBuffer slot) {
    int[] ids = new int[whole ? 0 : rows * width];
    float[] probabilities = new float[rows * width];
    float[] remaining = new float[whole ? 0 : rows];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = slot.getInt();
    }
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = whole ? FloatFormats.fromF16(slot.getShort()) : slot.getFloat();
    }
    for (int i = 0; i < remaining.length; i++) {
      remaining[i] = slot.getFloat();
    }
    return new LabelRows(ids, probabilities, remaining);
  }

  private void write(int index, LabelRows labels) throws IOException {
    ByteBuffer slot =
        ByteBuffer.allocate(Integer.BYTES + bytes()).order(ByteOrder.LITTLE_ENDIAN).putInt(0);
    for (int id : labels.ids()) {
      slot.putInt(id);
    }
    for (float probability : labels.probabilities()) {
      if (whole) {
        slot.putShort(FloatFormats.toF16(probability));
      } else {
        slot.putFloat(probability);
      }
    }
    for (float remaining : labels.remaining()) {
      slot.putFloat(remaining);
    }
    slot.putInt(0, sum(slot));
    writeAll(file, slot.flip(), place(index));
  }

  private static int sum(ByteBuffer slot) {
    CRC32 sum = new CRC32();
    sum.update(slot.duplicate().clear().position(Integer.BYTES));
    return (int) sum.getValue();
  }

  private static void readAll(FileChannel file, ByteBuffer target, long at) throws IOException {
    long next = at;
    for (int read = 0; target.hasRemaining() && read >= 0; next += read) {
      read = file.read(target, next);
    }
  }

  private static void writeAll(FileChannel file, ByteBuffer source, long at) throws IOException {
    long next = at;
    while (source.hasRemaining()) {
      next += file.write(source, next);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
