package io.ennead.router.feedback;

import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.SetLikelihood;
import io.ennead.router.trace.Decisions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Drawn choices and how likely they were, as the database keeps them.
 *
 * @param decisions what was drawn from
 * @param logProbabilities of each choice, as a set, under the profile that the response had,
 *     [tokens, layers]
 */
public record LoggedChoices(Decisions decisions, float[] logProbabilities) {
  private static final int FORMAT = 1;

  /** Choices that were drawn under a profile. */
  public static LoggedChoices of(Decisions decisions, RoutingProfile profile) {
    SetLikelihood likelihood = new SetLikelihood(decisions.experts());
    int layers = decisions.layers().size();
    float[] logs = new float[decisions.tokens() * layers];
    double[] z = new double[decisions.experts()];
    int[] set = new int[decisions.expertsPerToken()];
    for (int choice = 0; choice < logs.length; choice++) {
      RoutingProfile.Layer own = profile.layers().get(decisions.layers().get(choice % layers));
      load(decisions, choice, own, z, set);
      logs[choice] = (float) likelihood.logProbability(z, set);
    }
    return new LoggedChoices(decisions, logs);
  }

  private static void load(
      Decisions decisions, int choice, RoutingProfile.@Nullable Layer own, double[] z, int[] set) {
    double t = decisions.temperatures()[choice % decisions.layers().size()];
    for (int expert = 0; expert < z.length; expert++) {
      double logit = decisions.logits()[choice * z.length + expert];
      z[expert] = own == null ? logit / t : (logit + own.bias()[expert]) / (t * own.temperature());
    }
    for (int i = 0; i < set.length; i++) {
      set[i] = decisions.chosen()[choice * set.length + i];
    }
  }

  /** As bytes, little-endian. */
  byte[] encode() {
    Decisions of = decisions;
    int size =
        24
            + 12 * of.layers().size()
            + 4 * of.logits().length
            + 2 * of.chosen().length
            + 4 * logProbabilities.length;
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(FORMAT).putInt(of.layers().size()).putInt(of.experts());
    bytes.putInt(of.expertsPerToken()).putInt(of.stride()).putInt(of.tokens());
    of.layers().forEach(bytes::putInt);
    for (double temperature : of.temperatures()) {
      bytes.putDouble(temperature);
    }
    for (float logit : of.logits()) {
      bytes.putFloat(logit);
    }
    for (short expert : of.chosen()) {
      bytes.putShort(expert);
    }
    for (float log : logProbabilities) {
      bytes.putFloat(log);
    }
    return bytes.array();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static LoggedChoices decode(byte[] encoded) {
    ByteBuffer bytes = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    int format = bytes.getInt();
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "format of choices: %d (expected: %d)".formatted(format, FORMAT));
    }
    int layerCount = bytes.getInt();
    int experts = bytes.getInt();
    int k = bytes.getInt();
    int stride = bytes.getInt();
    int tokens = bytes.getInt();
    List<Integer> layers = new ArrayList<>();
    for (int i = 0; i < layerCount; i++) {
      layers.add(bytes.getInt());
    }
    double[] temperatures = new double[layerCount];
    for (int i = 0; i < layerCount; i++) {
      temperatures[i] = bytes.getDouble();
    }
    float[] logits = floats(bytes, tokens * layerCount * experts);
    short[] chosen = new short[tokens * layerCount * k];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = bytes.getShort();
    }
    float[] logs = floats(bytes, tokens * layerCount);
    return new LoggedChoices(
        new Decisions(layers, experts, k, temperatures, stride, tokens, logits, chosen), logs);
  }

  private static float[] floats(ByteBuffer bytes, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = bytes.getFloat();
    }
    return numbers;
  }
}
