package io.ennead.cli;

import com.google.protobuf.Message;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.family.Families;
import io.ennead.v1.DataType;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.ExpertSlice;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.Phase;
import io.ennead.v1.Tensor;
import io.ennead.wire.TensorCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Length-delimited, since a load tester cannot tell a bare message from several. */
@Command(
    name = "loadtest-data",
    hidden = true,
    description = "Writes a Forward request of a service as binary data for a load tester.")
final class LoadtestDataCommand implements Callable<Integer> {
  private static final long SEED = 9;

  private enum Service {
    MOE,
    EXPERT
  }

  @Option(
      names = "--service",
      defaultValue = "moe",
      paramLabel = "NAME",
      description = "moe, or expert: for the node that holds expert 0 (default: moe).")
  private Service service = Service.MOE;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "Where to.")
  private Path out = Path.of("");

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory, for the width (default: the bundled demo model).")
  private @Nullable Path model;

  @Option(names = "--layer", defaultValue = "0", paramLabel = "N", description = "Layer.")
  private int layer;

  @Option(names = "--tokens", defaultValue = "4", paramLabel = "N", description = "Rows.")
  private int tokens;

  @Override
  public Integer call() throws IOException {
    Path directory = model == null ? Home.demoModel() : model;
    try (OutputStream stream = Files.newOutputStream(out)) {
      request(directory).writeDelimitedTo(stream);
    }
    return 0;
  }

  private Message request(Path directory) throws IOException {
    return switch (service) {
      case MOE -> moe(Families.read(directory.resolve("config.json")).hiddenSize());
      case EXPERT -> expert(Checkpoint.open(directory));
    };
  }

  private Message moe(int hidden) {
    return MoeServiceForwardRequest.newBuilder().setLayer(layer).setHidden(rows(hidden)).build();
  }

  /** Every row goes to expert 0. */
  private Message expert(Checkpoint checkpoint) {
    return ExpertServiceForwardRequest.newBuilder()
        .setModelFingerprint(Fingerprints.model(checkpoint))
        .setLayer(layer)
        .setPhase(Phase.PHASE_PREFILL)
        .setRows(rows(checkpoint.config().hiddenSize()))
        .addSlices(ExpertSlice.newBuilder().addAllRows(IntStream.range(0, tokens).boxed().toList()))
        .build();
  }

  /**
   * Like a norm's output: standard normal values, as bf16 has them. ghz looks for templates in
   * binary data too, whatever it is told, and random bytes begin one every 64 KiB.
   */
  private Tensor rows(int hidden) {
    Random random = new Random(SEED);
    float[] rows = new float[tokens * hidden];
    for (int i = 0; i < rows.length; i++) {
      int bits = Float.floatToIntBits((float) random.nextGaussian());
      rows[i] = Float.intBitsToFloat(bits & 0xffff_0000);
    }
    return TensorCodec.encode(rows, DataType.DATA_TYPE_F32, tokens, hidden);
  }
}
