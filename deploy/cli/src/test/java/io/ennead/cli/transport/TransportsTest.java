package io.ennead.cli.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.cli.synthetic.SyntheticModel;
import io.ennead.expert.architecture.ExpertId;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.engine.EngineOptions;
import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.expert.engine.ExpertEngine.Tile;
import io.ennead.wire.ComputeType;
import io.ennead.wire.Rows;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class TransportsTest {
  private static final DispatchBenchmark.Plan SHORT =
      new DispatchBenchmark.Plan(Duration.ZERO, 2, Duration.ofMillis(1));

  @TempDir private Path directory;

  @Test
  void identityExpertsGiveTheBitsOfEveryRowBackInTheOrderOfTheSlices() throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.layer(2, 1, 3).write(model, 1);
    Checkpoint checkpoint = Checkpoint.open(model);
    EngineOptions options = new EngineOptions("cpu", ComputeType.F32, 1, 0, 0, true);
    float odd = Float.intBitsToFloat(0x7fc12345); // a NaN with a message
    float[] rows = {odd, -0f, Float.MIN_VALUE, Float.NEGATIVE_INFINITY, 1 / 3f, 5};
    try (IdentityExperts experts =
        IdentityExperts.load(checkpoint, List.of(0, 2), options, p -> {})) {
      float[] outputs =
          experts
              .run(
                  0,
                  Tile.DECODE,
                  Rows.of(rows, 2),
                  List.of(new Slice(0, new int[] {2, 0}), new Slice(2, new int[] {1, 2})))
              .toArray();
      assertThat(bits(outputs))
          .containsExactly(
              bits(rows[4], rows[5], rows[0], rows[1], rows[2], rows[3], rows[4], rows[5]));
      assertThat(experts.fingerprints())
          .containsOnlyKeys(new ExpertId(0, 0), new ExpertId(0, 2))
          .containsEntry(new ExpertId(0, 2), Fingerprints.expert(checkpoint, 0, 2));
    }
  }

  private static int[] bits(float... values) {
    return IntStream.range(0, values.length).map(i -> Float.floatToRawIntBits(values[i])).toArray();
  }

  @ParameterizedTest
  @CsvSource({"bf16, false", "f32, true"})
  void everyTransportIsMeasuredWithEveryCall(String dtype, boolean divided) throws Exception {
    List<LayerCall> calls = List.of(LayerCall.of(3, 1, divided), LayerCall.of(5, 4, divided));
    List<List<RoundTrips>> results = new ArrayList<>();
    try (DispatchBenchmark benchmark =
        DispatchBenchmark.start(directory.resolve("model"), 16, ComputeType.of(dtype), 4, SHORT)) {
      benchmark.run(calls, results::add);
    }
    assertThat(results)
        .flatExtracting(call -> call.stream().map(RoundTrips::call).distinct().toList())
        .isEqualTo(calls);
    for (List<RoundTrips> call : results) {
      assertThat(call)
          .extracting(RoundTrips::transport)
          .containsExactly("ennead", "grpc", "grpc-direct", "grpc-stream", "tcp");
      assertThat(call).allSatisfy(one -> assertThat(one.medians()).hasSize(2));
      assertThat(call).allSatisfy(one -> assertThat(one.micros(50)).isPositive());
    }
  }

  @Test
  void aLayersRowsGoToEveryNodeOrAreDividedInTurn() {
    LayerCall all = LayerCall.of(2, 3, false);
    assertThat(all.experts()).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(IntStream.range(0, 3).map(all::rowsOf)).containsExactly(2, 2, 2);
    LayerCall divided = LayerCall.of(5, 3, true);
    assertThat(divided.experts()).containsExactly(0, 1, 2, 0, 1);
    assertThat(IntStream.range(0, 3).map(divided::rowsOf)).containsExactly(2, 2, 1);
    LayerCall two = new LayerCall(3, 4, 2);
    assertThat(two.experts()).containsExactly(0, 1, 2, 3, 0, 1);
    assertThat(IntStream.range(0, 4).map(two::rowsOf)).containsExactly(2, 2, 1, 1);
  }

  @Test
  void aRatioIsTakenRoundByRound() {
    RoundTrips ours = trips("ennead", List.of(2.0, 9.0, 8.0));
    RoundTrips other = trips("tcp", List.of(1.0, 3.0, 8.0));
    Ratio ratio = ours.to(other);
    assertThat(ratio.median()).isCloseTo(2, within(1e-9));
    assertThat(ratio.least()).isCloseTo(1, within(1e-9));
    assertThat(ratio.most()).isCloseTo(3, within(1e-9));
    assertThat(Ratio.of(4, 1).median()).isEqualTo(2.5);
  }

  private static RoundTrips trips(String transport, List<Double> medians) {
    return new RoundTrips(transport, LayerCall.of(1, 1, false), new Histogram(3), medians);
  }
}
