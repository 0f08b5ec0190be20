package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.ExpertLayer.Phase;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.RoutingRule;
import io.ennead.router.moe.RoutingRule.Mass;
import io.ennead.router.moe.RoutingRule.Mode;
import io.ennead.router.moe.RoutingRule.Weights;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A sequence's logits have the same bits alone and among any others, in any order, with any cut of
 * the steps.
 */
class BatchInvarianceTest {
  private static final int SEQUENCES = 12;

  static Stream<Arguments> models() {
    Stream<Arguments> demo =
        Arrays.stream(ComputeType.values())
            .flatMap(
                type ->
                    packings()
                        .map(
                            packFrom ->
                                Arguments.of(
                                    DemoModel.DIRECTORY,
                                    type,
                                    packFrom,
                                    DemoModel.VOCABULARY,
                                    200)));
    Stream<Arguments> families =
        FamilyGolden.families()
            .map(FamilyGolden::directory)
            .flatMap(
                directory ->
                    Stream.of(ComputeType.F32, ComputeType.BF16)
                        .map(
                            type ->
                                Arguments.of(directory, type, Decoder.packFrom("cpu"), 256, 100)));
    return Stream.concat(demo, families);
  }

  /** As usual, and as on processors and devices that have no packed products. */
  private static Stream<OptionalLong> packings() {
    return Stream.of(Decoder.packFrom("cpu"), OptionalLong.empty()).distinct();
  }

  @ParameterizedTest
  @MethodSource("models")
  void everySequenceOfARandomBatchHasTheBitsItHasAlone(
      Path directory, ComputeType type, OptionalLong packFrom, int vocabulary, int longestPrompt) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (LoadedModel loaded = LoadedModel.load(directory, type, 64 * SEQUENCES, packFrom)) {
      List<RandomSequence> sequences = new ArrayList<>();
      for (int i = 0; i < SEQUENCES; i++) {
        sequences.add(RandomSequence.of(random, 1 + 64 * i, vocabulary, longestPrompt));
      }
      List<List<float[]>> together = together(loaded.model(), sequences, random);
      for (int i = 0; i < SEQUENCES; i++) {
        List<float[]> alone = alone(loaded.model(), sequences.get(i));
        assertThat(together.get(i)).as("seed %d, sequence %d", seed, i).hasSameSizeAs(alone);
        for (int position = 0; position < alone.size(); position++) {
          assertThat(Arrays.equals(together.get(i).get(position), alone.get(position)))
              .as("seed %d, sequence %d, position %d", seed, i, position)
              .isTrue();
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void promptsOfManyChunksInOneStepHaveTheBitsOfOneChunkAStep(
      Path directory, ComputeType type, OptionalLong packFrom, int vocabulary, int longestPrompt) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (LoadedModel loaded = LoadedModel.load(directory, type, 64 * 3, packFrom)) {
      List<Span> spans = new ArrayList<>();
      List<float[]> alone = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        RandomSequence sequence = RandomSequence.of(random, 1 + 64 * i, vocabulary, longestPrompt);
        spans.addAll(sequence.chunks());
        alone.addAll(alone(loaded.model(), sequence).subList(0, sequence.prompt().length));
      }
      List<float[]> together = logits(loaded.model(), new Step(Phase.PREFILL, spans));
      assertThat(together).as("seed %d", seed).hasSameSizeAs(alone);
      for (int row = 0; row < alone.size(); row++) {
        assertThat(Arrays.equals(together.get(row), alone.get(row)))
            .as("seed %d, row %d", seed, row)
            .isTrue();
      }
    }
  }

  /**
   * More rows than the vectors of one instruction hold: an elementwise kernel computes what is left
   * over in another way, which must not be some sequences' rows.
   */
  @ParameterizedTest
  @MethodSource("models")
  void everySequenceOfALargeDecodeBatchHasTheBitsItHasAlone(
      Path directory, ComputeType type, OptionalLong packFrom, int vocabulary, int longestPrompt) {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int sequences = 75;
    try (LoadedModel loaded = LoadedModel.load(directory, type, 4 * sequences, packFrom)) {
      int[] tokens = random.ints(sequences, 3, vocabulary).toArray();
      List<Span> spans = new ArrayList<>();
      for (int i = 0; i < sequences; i++) {
        int[] blocks = IntStream.range(1 + 4 * i, 5 + 4 * i).toArray();
        spans.add(new Span(new int[] {tokens[i]}, 0, blocks, RoutingOptions.DEFAULT, Logits.ALL));
      }
      List<float[]> together = decode(loaded.model(), spans);
      for (int i = 0; i < sequences; i++) {
        assertThat(
                Arrays.equals(
                    together.get(i), decode(loaded.model(), spans.subList(i, i + 1)).get(0)))
            .as("seed %d, sequence %d", seed, i)
            .isTrue();
      }
    }
  }

  private static List<float[]> decode(MoeModel model, List<Span> spans) {
    return logits(model, new Step(Phase.DECODE, spans));
  }

  private static List<float[]> logits(MoeModel model, Step step) {
    List<float[]> logits = new ArrayList<>();
    StepObserver observer =
        (span, row, values, offset) ->
            logits.add(
                Arrays.copyOfRange(values, offset, offset + model.config().vocabularySize()));
    assertThat(model.run(step, CallScope.unbounded(), observer)).isEmpty();
    return logits;
  }

  private static List<float[]> alone(MoeModel model, RandomSequence sequence) {
    Runner runner = new Runner(model, sequence.firstBlock(), sequence.routing());
    runner.prefill(sequence.prompt());
    for (int i = 0; i < sequence.forced().length; i++) {
      runner.run(Phase.DECODE, new int[] {sequence.forced()[i]}, sequence.prompt().length + i);
    }
    return runner.logits;
  }

  private static List<List<float[]>> together(
      MoeModel model, List<RandomSequence> sequences, Random random) {
    List<List<float[]>> logits = new ArrayList<>();
    sequences.forEach(sequence -> logits.add(new ArrayList<>()));
    int[] done = new int[sequences.size()];
    while (true) {
      List<Integer> open =
          new ArrayList<>(
              IntStream.range(0, done.length)
                  .filter(i -> done[i] < sequences.get(i).length())
                  .boxed()
                  .toList());
      if (open.isEmpty()) {
        return logits;
      }
      Collections.shuffle(open, random);
      Phase phase = random.nextBoolean() ? Phase.PREFILL : Phase.DECODE;
      List<Integer> members =
          open.stream()
              .filter(i -> (done[i] < sequences.get(i).prompt().length) == (phase == Phase.PREFILL))
              .limit(1 + random.nextInt(SEQUENCES))
              .toList();
      if (!members.isEmpty()) {
        List<Span> spans = members.stream().map(i -> sequences.get(i).span(done[i])).toList();
        StepObserver observer =
            (span, row, values, offset) ->
                logits
                    .get(members.get(span))
                    .add(
                        Arrays.copyOfRange(
                            values, offset, offset + model.config().vocabularySize()));
        assertThat(model.run(new Step(phase, spans), CallScope.unbounded(), observer)).isEmpty();
        for (int i = 0; i < spans.size(); i++) {
          done[members.get(i)] = spans.get(i).length();
        }
      }
    }
  }

  /** A prompt and tokens forced upon it. */
  private record RandomSequence(
      int[] prompt, int[] forced, int firstBlock, RoutingOptions routing) {
    static RandomSequence of(Random random, int firstBlock, int vocabulary, int longestPrompt) {
      double[] temperatures = {1, 1, 0, 0.5, 2, Double.POSITIVE_INFINITY};
      return new RandomSequence(
          random.ints(1 + random.nextInt(longestPrompt), 3, vocabulary).toArray(),
          random.ints(random.nextInt(12), 3, vocabulary).toArray(),
          firstBlock,
          RoutingOptions.everywhere(
              new RoutingRule(
                  temperatures[random.nextInt(temperatures.length)],
                  random.nextBoolean() ? Mode.TOP_K : Mode.SAMPLED,
                  random.nextInt(3) == 0
                      ? OptionalInt.of(1 + random.nextInt(8))
                      : OptionalInt.empty(),
                  0,
                  Mass.PRESERVE,
                  Weights.SCORE,
                  Set.of()),
              random.nextLong()));
    }

    int length() {
      return prompt.length + forced.length;
    }

    /** The prompt's chunks, which know that they are of one sequence by its blocks. */
    List<Span> chunks() {
      List<Span> chunks = new ArrayList<>();
      int[] blocks = blocks();
      for (int done = 0; done < prompt.length; done = chunks.get(chunks.size() - 1).length()) {
        chunks.add(span(done, blocks));
      }
      return chunks;
    }

    int[] blocks() {
      return IntStream.range(firstBlock, firstBlock + 64).toArray();
    }

    Span span(int done) {
      return span(done, blocks());
    }

    Span span(int done, int[] blocks) {
      if (done >= prompt.length) {
        int[] token = {forced[done - prompt.length]};
        return new Span(token, done, blocks, routing, Logits.ALL);
      }
      int end = Math.min(prompt.length, done + LoadedModel.CHUNK);
      return new Span(Arrays.copyOfRange(prompt, done, end), done, blocks, routing, Logits.ALL);
    }
  }
}
