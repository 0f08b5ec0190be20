package io.ennead.router.model;

import io.ennead.errors.ServingException;
import io.ennead.expert.architecture.ModelConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.CallScope;
import io.ennead.router.moe.CombinedRows;
import io.ennead.router.moe.ExpertLayer;
import io.ennead.router.moe.Gate;
import io.ennead.router.moe.GateLogits;
import io.ennead.router.moe.RoutedRows;
import io.ennead.router.moe.Routing;
import io.ennead.router.moe.SharedExpert;
import io.ennead.router.moe.Survivors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The whole model: dense part, gate, and the experts behind {@link ExpertLayer}, wherever they are.
 * One thread at a time runs steps. A row whose experts could not be reached fails its span and no
 * other.
 */
public final class MoeModel implements AutoCloseable {
  /** Rows of logits held at a time when whole texts are scored. */
  private static final int LOGIT_ROWS = 64;

  private final Decoder decoder;
  private final ModelConfig config;
  private final List<Integer> moeLayers;
  private final Gate gate;
  private final ExpertLayer experts;
  private final ActivePacks packs = new ActivePacks();

  private MoeModel(Decoder decoder, ModelConfig config, Gate gate, ExpertLayer experts) {
    this.decoder = decoder;
    this.config = config;
    this.moeLayers = config.moeLayers();
    this.gate = gate;
    this.experts = experts;
  }

  /** Loads the dense weights and the gate. */
  public static MoeModel load(Checkpoint checkpoint, DecoderOptions options, ExpertLayer experts) {
    return load(checkpoint, options, experts, Decoder.packFrom(options.device()));
  }

  /** The same with other maps packed. */
  static MoeModel load(
      Checkpoint checkpoint, DecoderOptions options, ExpertLayer experts, OptionalLong packFrom) {
    Gate gate = GateLoader.load(checkpoint);
    Decoder decoder = Decoder.load(checkpoint, options, packFrom);
    return new MoeModel(decoder, checkpoint.config(), gate, experts);
  }

  /** The model's configuration. */
  public ModelConfig config() {
    return config;
  }

  /** The shared experts alone; safe from any thread. */
  public SharedExpert sharedExpert() {
    return decoder;
  }

  /** The packs that new requests get to know. */
  public ActivePacks packs() {
    return packs;
  }

  /** From gate logits to experts and weights. */
  public Gate gate() {
    return gate;
  }

  /** The gate's linear layer alone; safe from any thread. */
  public GateLogits gateLogits() {
    return decoder;
  }

  /**
   * Runs one step.
   *
   * @param observer gets the logits that the spans ask for
   * @return the spans that failed, by index, with the reason; their KV is not to be used
   */
  public Map<Integer, ServingException> run(Step step, CallScope scope, StepObserver observer) {
    Map<Integer, ServingException> failed = new HashMap<>();
    int rows = step.rows();
    decoder.begin(step);
    RoutedRows routed = step.routedRows();
    float[] combined = new float[0];
    for (int layer : moeLayers) {
      Decoder.Attended attended = decoder.attend(layer, combined, rows, step.phase());
      float[] hidden = attended.hidden();
      float[] logits = routed.logits(layer, attended.gateLogits(), hidden);
      Routing routing = gate.route(layer, logits, routed);
      observer.routed(layer, hidden, logits, routing);
      Runnable share = () -> decoder.share(layer);
      CombinedRows outputs =
          experts.forward(layer, step.phase(), hidden, routing, scope, observer, share);
      Survivors.Result result = Survivors.of(outputs, routing, routed);
      result.degraded().forEach((row, lost) -> observer.degraded(layer, row, lost));
      CombinedRows sum = result.rows();
      collect(step, sum, failed);
      combined = sum.values();
      if (failed.size() == step.spans().size()) {
        return failed;
      }
    }
    decoder.end(combined, rows, step.phase());
    giveLogits(step, failed, observer);
    return failed;
  }

  /** Copies what a KV block holds, in every layer, to another. */
  public void copyBlock(int source, int target) {
    decoder.copyBlock(source, target);
  }

  private static void collect(Step step, CombinedRows sum, Map<Integer, ServingException> failed) {
    if (sum.failures().isEmpty()) {
      return;
    }
    int firstRow = 0;
    for (int i = 0; i < step.spans().size(); i++) {
      Span span = step.spans().get(i);
      for (int row = firstRow; row < firstRow + span.ids().length; row++) {
        ServingException failure = sum.failures().get(row);
        if (failure != null) {
          failed.putIfAbsent(i, failure);
        }
      }
      firstRow += span.ids().length;
    }
    failLaterChunks(step, failed);
  }

  /** What follows a chunk that failed attends to keys and values that are wrong. */
  private static void failLaterChunks(Step step, Map<Integer, ServingException> failed) {
    for (int i = 0; i < step.spans().size(); i++) {
      ServingException failure = failed.get(i);
      for (int later = i + 1; failure != null && later < step.spans().size(); later++) {
        if (step.spans().get(later).blocks() == step.spans().get(i).blocks()) {
          failed.putIfAbsent(later, failure);
        }
      }
    }
  }

  private void giveLogits(Step step, Map<Integer, ServingException> failed, StepObserver observer) {
    LogitRows wanted = LogitRows.of(step, failed.keySet());
    for (int from = 0; from < wanted.count(); from += LOGIT_ROWS) {
      LogitRows part = wanted.range(from, Math.min(wanted.count(), from + LOGIT_ROWS));
      float[] hidden = hidden(part, observer);
      float[] logits = decoder.finish(part.stepRows());
      for (int i = 0; i < part.count(); i++) {
        giveHidden(part, i, hidden, observer);
        observer.logits(part.spans()[i], part.spanRows()[i], logits, i * config.vocabularySize());
      }
    }
  }

  /** None when nobody wants any. */
  private float[] hidden(LogitRows part, StepObserver observer) {
    boolean wanted = Arrays.stream(part.spans()).anyMatch(observer::wantsHidden);
    return wanted ? decoder.hidden(part.stepRows()) : new float[0];
  }

  private void giveHidden(LogitRows part, int i, float[] hidden, StepObserver observer) {
    int width = config.hiddenSize();
    int span = part.spans()[i];
    if (observer.wantsHidden(span)) {
      float[] row = Arrays.copyOfRange(hidden, i * width, (i + 1) * width);
      observer.hidden(span, part.spanRows()[i], row);
    }
  }

  @Override
  public void close() {
    decoder.close();
  }

  /**
   * Which rows of a step get logits.
   *
   * @param stepRows row in the step
   * @param spans span of the row
   * @param spanRows row in the span
   */
  private record LogitRows(int[] stepRows, int[] spans, int[] spanRows) {

    static LogitRows of(Step step, Set<Integer> failed) {
      int[] stepRows = new int[step.rows()];
      int[] spans = new int[step.rows()];
      int[] spanRows = new int[step.rows()];
      int count = 0;
      int firstRow = 0;
      for (int i = 0; i < step.spans().size(); i++) {
        Span span = step.spans().get(i);
        int length = span.ids().length;
        for (int row = firstWanted(span, failed.contains(i)); row < length; row++, count++) {
          stepRows[count] = firstRow + row;
          spans[count] = i;
          spanRows[count] = row;
        }
        firstRow += length;
      }
      return new LogitRows(stepRows, spans, spanRows).range(0, count);
    }

    private static int firstWanted(Span span, boolean failed) {
      if (failed || span.logits() == Logits.NONE) {
        return span.ids().length;
      }
      return span.logits() == Logits.ALL ? 0 : span.ids().length - 1;
    }

    int count() {
      return stepRows.length;
    }

    LogitRows range(int from, int to) {
      return new LogitRows(
          Arrays.copyOfRange(stepRows, from, to),
          Arrays.copyOfRange(spans, from, to),
          Arrays.copyOfRange(spanRows, from, to));
    }
  }
}
