package io.ennead.cli;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.TensorInfo;
import io.ennead.expert.checkpoint.WeightReader;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.wire.ComputeType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "bench-load",
    description =
        "Times the loading of experts, hashing included, against reading their bytes from the page"
            + " cache and converting them once, to bf16 in new memory.")
final class BenchLoadCommand implements Callable<Integer> {
  private static final int BUFFER_BYTES = 1 << 20;
  private static final int ROUNDS = 4;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "Model directory.")
  private Path model = Path.of("");

  @Option(
      names = "--experts",
      defaultValue = "1",
      paramLabel = "N",
      description = "Load the first N experts of every layer (default: ${DEFAULT-VALUE}).")
  private int experts;

  @Option(
      names = "--dtype",
      defaultValue = "bf16",
      paramLabel = "TYPE",
      description = "Compute type, f32, bf16 or int8 (default: ${DEFAULT-VALUE}).")
  private String dtype = "";

  @Override
  public Integer call() throws IOException {
    Checkpoint checkpoint = Checkpoint.open(model);
    List<Integer> ids = IntStream.range(0, experts).boxed().toList();
    checkpoint.requireExperts(ids);
    List<Weight> weights = weights(checkpoint, ids);
    List<TensorInfo> tensors =
        weights.stream().flatMap(weight -> checkpoint.require(weight).stream()).distinct().toList();
    for (int round = 0; round < ROUNDS; round++) {
      System.gc(); // frees the memory of the round before
      double read = seconds(() -> read(tensors));
      double converted = seconds(() -> convert(checkpoint, weights));
      double loaded = seconds(() -> load(checkpoint, ids));
      long bytes = tensors.stream().mapToLong(TensorInfo::bytes).sum();
      spec.commandLine()
          .getOut()
          .printf(
              Locale.ROOT,
              "%s: read %.2f s, read and converted %.2f s, loaded %.2f s: ratio %.2f%n",
              MemoryTable.bytes(bytes),
              read,
              converted,
              loaded,
              loaded / converted);
      spec.commandLine().getOut().flush();
    }
    return 0;
  }

  private static List<Weight> weights(Checkpoint checkpoint, List<Integer> ids) {
    return checkpoint.config().moeLayers().stream()
        .map(layer -> checkpoint.config().moe(layer).experts())
        .flatMap(all -> ids.stream().map(all::get))
        .flatMap(GatedFfn::weights)
        .toList();
  }

  private static void read(List<TensorInfo> tensors) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    for (TensorInfo tensor : tensors) {
      try (FileChannel channel = FileChannel.open(tensor.file())) {
        long at = tensor.begin();
        while (at < tensor.end()) {
          buffer.clear().limit((int) Math.min(BUFFER_BYTES, tensor.end() - at));
          at += channel.read(buffer, at);
        }
      }
    }
  }

  /** The least that loading does: every number read, converted, and written to new memory. */
  private static long convert(Checkpoint checkpoint, List<Weight> weights) {
    WeightReader reader = new WeightReader(checkpoint);
    List<ShortBuffer> made = new ArrayList<>();
    for (Weight weight : weights) {
      int bytes = Math.toIntExact(weight.size() * Short.BYTES);
      ShortBuffer target =
          ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder()).asShortBuffer();
      short[] row = new short[weight.columns()];
      reader.read(weight, (first, count, values) -> store(values, count, row, target));
      made.add(target);
    }
    return made.stream().mapToLong(ShortBuffer::position).sum();
  }

  private static void store(ByteBuffer values, int rows, short[] row, ShortBuffer target) {
    IntBuffer bits = values.duplicate().order(ByteOrder.nativeOrder()).asIntBuffer();
    int[] from = new int[row.length];
    for (int i = 0; i < rows; i++) {
      bits.get(from);
      for (int j = 0; j < row.length; j++) {
        row[j] = (short) ((from[j] + 0x7fff + (from[j] >>> Short.SIZE & 1)) >> Short.SIZE); // bf16
      }
      target.put(row);
    }
  }

  private void load(Checkpoint checkpoint, List<Integer> ids) {
    EngineOptions options = new EngineOptions("cpu", ComputeType.of(dtype), 1, 8, 64, true);
    TorchExperts.load(checkpoint, ids, options, progress -> {}).close();
  }

  private interface Work {
    void run() throws IOException;
  }

  private static double seconds(Work work) throws IOException {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }
}
