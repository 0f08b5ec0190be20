package io.ennead.cli;

import io.ennead.expert.checkpoint.family.Families;
import io.ennead.v1.DataType;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.wire.TensorCodec;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Length-delimited, since a load tester cannot tell a bare message from several. */
@Command(
    name = "loadtest-data",
    hidden = true,
    description = "Writes a MoeService.Forward request as binary data for a load tester.")
final class LoadtestDataCommand implements Callable<Integer> {
  private static final long SEED = 9;

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
    int hidden = Families.read(directory.resolve("config.json")).hiddenSize();
    try (OutputStream stream = Files.newOutputStream(out)) {
      request(hidden).writeDelimitedTo(stream);
    }
    return 0;
  }

  /** Rows like a norm's output: standard normal values. */
  private MoeServiceForwardRequest request(int hidden) {
    Random random = new Random(SEED);
    float[] rows = new float[tokens * hidden];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = (float) random.nextGaussian();
    }
    return MoeServiceForwardRequest.newBuilder()
        .setLayer(layer)
        .setHidden(TensorCodec.encode(rows, DataType.DATA_TYPE_F32, tokens, hidden))
        .build();
  }
}
