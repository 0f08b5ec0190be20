package io.ennead.learn.model;

import io.ennead.expert.architecture.GatedFfn;
import io.ennead.expert.architecture.LayerConfig;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.architecture.Weight;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.WeightReader;
import io.ennead.expert.pack.PackLayout;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The numbers of a model in float32, by the tensors' names, row-major. Also what has a number for
 * each of them: gradients, an optimiser's moments. The arrays may be modified; one thread at a
 * time.
 */
public final class Weights {
  private static final double EMBEDDING_DEVIATION = 0.02;

  private final SortedMap<String, float[]> values;

  private Weights(SortedMap<String, float[]> values) {
    this.values = values;
  }

  /** Takes these arrays over. */
  static Weights of(SortedMap<String, float[]> values) {
    return new Weights(values);
  }

  /**
   * Random numbers for a model that begins: norms are 1, rows of embedding and head have a standard
   * deviation of 0.02, a matrix keeps the size of what it multiplies, and what adds to the residual
   * stream is smaller by the square root of how often that happens (Radford et al. 2019).
   */
  public static Weights random(ModelConfig config, long seed) {
    Random random = new Random(seed);
    Set<Weight> outputs = outputs(config);
    SortedMap<String, float[]> values = new TreeMap<>();
    for (Weight weight : all(config)) {
      double deviation = 1 / Math.sqrt(weight.columns());
      if (weight.equals(config.embedding()) || weight.equals(config.head())) {
        deviation = EMBEDDING_DEVIATION;
      } else if (outputs.contains(weight)) {
        deviation /= Math.sqrt(2.0 * config.layers().size());
      }
      values.put(weight.tensor(), random(weight, random, deviation));
    }
    return new Weights(values);
  }

  private static float[] random(Weight weight, Random random, double deviation) {
    float[] numbers = new float[Math.toIntExact(weight.size())];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = weight.columns() == 1 ? 1 : (float) (deviation * random.nextGaussian());
    }
    return numbers;
  }

  private static Set<Weight> outputs(ModelConfig config) {
    Set<Weight> outputs = new HashSet<>();
    for (LayerConfig layer : config.layers()) {
      outputs.add(layer.attention().output().weight());
      layer.experts().stream()
          .flatMap(moe -> moe.experts().stream())
          .forEach(expert -> outputs.add(expert.down().weight()));
    }
    return outputs;
  }

  /** The numbers of a checkpoint, converted to float32. */
  public static Weights read(Checkpoint checkpoint) {
    WeightReader reader = new WeightReader(checkpoint);
    SortedMap<String, float[]> values = new TreeMap<>();
    for (Weight weight : all(checkpoint.config())) {
      values.put(weight.tensor(), read(reader, weight));
    }
    return new Weights(values);
  }

  private static float[] read(WeightReader reader, Weight weight) {
    float[] numbers = new float[Math.toIntExact(weight.size())];
    reader.read(
        weight,
        (row, count, rows) ->
            rows.order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .get(0, numbers, row * weight.columns(), count * weight.columns()));
    return numbers;
  }

  /**
   * What a pack begins with: copies of the model's own experts from the first on, again from the
   * first where there are more new ones than those, and rows of the gate that are 0.
   */
  public static Weights copies(Checkpoint model, PackLayout pack) {
    WeightReader reader = new WeightReader(model);
    Weights begin = zeros(pack.weights().toList());
    for (int layer : pack.layers()) {
      List<GatedFfn> own = model.config().moe(layer).experts();
      for (int expert = 0; expert < pack.experts(); expert++) {
        Iterator<Weight> from = own.get(expert % own.size()).weights().iterator();
        pack.ffn(layer, expert)
            .weights()
            .forEach(to -> begin.values.put(to.tensor(), read(reader, from.next())));
      }
    }
    return begin;
  }

  /** Zeros for some weights. */
  public static Weights zeros(List<Weight> weights) {
    SortedMap<String, float[]> zeros = new TreeMap<>();
    weights.forEach(
        weight -> zeros.put(weight.tensor(), new float[Math.toIntExact(weight.size())]));
    return new Weights(zeros);
  }

  /** As many zeros. */
  public Weights zeros() {
    SortedMap<String, float[]> zeros = new TreeMap<>();
    values.forEach((name, numbers) -> zeros.put(name, new float[numbers.length]));
    return new Weights(zeros);
  }

  /** Names of the tensors, sorted. */
  public Set<String> names() {
    return Collections.unmodifiableSet(values.keySet());
  }

  /** A tensor's numbers themselves. */
  public float[] get(String tensor) {
    float[] numbers = values.get(tensor);
    if (numbers == null) {
      throw new IllegalArgumentException(
          "tensor: " + tensor + " (expected: one of " + names() + ")");
    }
    return numbers;
  }

  /** How many numbers there are. */
  public long size() {
    return values.values().stream().mapToLong(numbers -> numbers.length).sum();
  }

  /**
   * All weights of a model, each once.
   *
   * @throws IllegalArgumentException when one is a part of a tensor: such a family is not trained
   */
  public static List<Weight> all(ModelConfig config) {
    Stream<Weight> experts =
        config.layers().stream()
            .flatMap(layer -> layer.experts().stream())
            .flatMap(moe -> moe.experts().stream())
            .flatMap(GatedFfn::weights);
    List<Weight> all = Stream.concat(config.denseWeights(), experts).distinct().toList();
    all.forEach(Weights::requireWhole);
    return all;
  }

  private static void requireWhole(Weight weight) {
    long stored = weight.storedShape().stream().reduce(1L, Math::multiplyExact);
    boolean rows = weight.columns() == 1 || weight.rowStride() == weight.columns();
    if (stored != weight.size() || !rows || weight.columnStride() != 1) {
      throw new IllegalArgumentException(
          "weight of tensor %s: a part of it, or turned (expected: a whole tensor)"
              .formatted(weight.tensor()));
    }
  }
}
