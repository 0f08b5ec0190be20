package io.ennead.learn.train;

import io.ennead.learn.model.Weights;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/**
 * Everything that the next step depends on. One file: what it is of, the step, then weights and
 * both moments by tensor name, and a CRC-32 of all that.
 *
 * @param step steps done
 * @param weights of the student
 * @param mean AdamW's first moment
 * @param square AdamW's second moment
 */
record TrainingState(int step, Weights weights, Weights mean, Weights square) {
  private static final String MAGIC = "ennead-training 1";

  /** Before the first step. */
  static TrainingState begin(Weights weights) {
    return new TrainingState(0, weights, weights.zeros(), weights.zeros());
  }

  /** The same numbers, a step later. */
  TrainingState next() {
    return new TrainingState(step + 1, weights, mean, square);
  }

  /**
   * Replaces a file, in one move once all is on the disk: a crash leaves the old one or the new
   * one.
   *
   * @param run what the run depends on, so that no other run goes on with it
   */
  void write(Path file, String run) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
    CRC32 sum = new CRC32();
    try (DataOutputStream out =
        new DataOutputStream(
            new CheckedOutputStream(
                new BufferedOutputStream(Files.newOutputStream(unfinished)), sum))) {
      out.writeUTF(MAGIC);
      out.writeUTF(run);
      out.writeInt(step);
      for (String name : weights.names()) {
        out.writeUTF(name);
        write(out, weights.get(name));
        write(out, mean.get(name));
        write(out, square.get(name));
      }
      out.writeLong(sum.getValue());
    }
    try (FileChannel channel = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void write(DataOutputStream out, float[] values) throws IOException {
    out.writeInt(values.length);
    for (float value : values) {
      out.writeInt(Float.floatToRawIntBits(value));
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @param like weights of the same student, whose numbers do not matter
   * @throws IOException when the file is damaged, or of another run or student
   */
  static TrainingState read(Path file, String run, Weights like) throws IOException {
    CRC32 sum = new CRC32();
    try (DataInputStream in =
        new DataInputStream(
            new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file)), sum))) {
      require(file, "kind", in.readUTF(), MAGIC);
      require(file, "run", in.readUTF(), run);
      TrainingState state =
          new TrainingState(in.readInt(), like.zeros(), like.zeros(), like.zeros());
      for (String name : like.names()) {
        require(file, "tensor", in.readUTF(), name);
        read(file, in, state.weights.get(name));
        read(file, in, state.mean.get(name));
        read(file, in, state.square.get(name));
      }
      long expected = sum.getValue();
      require(file, "checksum", in.readLong(), expected);
      return state;
    }
  }

  private static void read(Path file, DataInputStream in, float[] values) throws IOException {
    require(file, "numbers", in.readInt(), values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(in.readInt());
    }
  }

  private static void require(Path file, String what, Object value, Object expected)
      throws IOException {
    if (!value.equals(expected)) {
      throw new IOException("%s: %s: %s (expected: %s)".formatted(file, what, value, expected));
    }
  }
}
