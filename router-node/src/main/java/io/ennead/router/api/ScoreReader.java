package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.CallingTenant;
import io.ennead.router.api.Prompts.Limit;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.score.TextJob;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamRequest;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.LongSupplier;

/**
 * Reads requests for scores. What is not allowed is an INVALID_FIELD; the fields of a {@code
 * ScoreStreamRequest.score} are named as in {@code ScoreRequest}.
 */
final class ScoreReader {
  private static final int MAX_TEMPERATURES = 16;
  private static final int MAX_TOP = 20;

  /** Each has a solver while the text is scored, and a message in one response. */
  static final int MAX_RUNS = 16_384;

  private final LongSupplier seeds;

  /** A reader that gives seeds to requests that bring none. */
  ScoreReader(LongSupplier seeds) {
    this.seeds = seeds;
  }

  /** A text in one window; its last token is not computed and needs no place in the context. */
  TextJob read(ServedModel model, ScoreRequest request) {
    requirePromptTraced(request);
    int longest = model.info().contextLength() + 1;
    int[] tokens = Prompts.read(model, request, Limit.context(model.info(), 1));
    return job(model, request, tokens, longest, longest - 1);
  }

  private static void requirePromptTraced(ScoreRequest request) {
    if (request.getTrace().getOmitPrompt()) {
      throw ServingException.invalidField(
          "trace.omit_prompt", true, "false: a text that is scored is all prompt");
    }
  }

  /** A text in windows. */
  TextJob read(ServedModel model, ScoreStreamRequest request) {
    if (request.getScore().hasTrace()) {
      throw ServingException.invalidField("trace", "set", "none: only Score can trace");
    }
    int context = model.info().contextLength();
    int window =
        within("window", request.hasWindow(), request.getWindow(), context, 2, context + 1);
    int stride =
        within("stride", request.hasStride(), request.getStride(), window / 2, 1, window - 1);
    int[] tokens =
        Prompts.read(
            model,
            request.getScore(),
            new Limit(model.policy().bounds().scoreTokens(), "max-score-tokens"));
    return job(model, request.getScore(), tokens, window, stride);
  }

  private TextJob job(
      ServedModel model, ScoreRequest request, int[] tokens, int window, int stride) {
    int last = Math.max(1, tokens.length - 1);
    int from = within("from", request.hasFrom(), request.getFrom(), 1, 1, last);
    return new TextJob(
        tokens,
        from,
        window,
        stride,
        temperatures(request),
        within("top", request.hasTop(), request.getTop(), 0, 0, MAX_TOP),
        request.getFitTemperature() || request.hasFitWindow(),
        fitWindow(request, tokens.length - from),
        Optional.empty(),
        RoutingReader.readWhole(request.getRouting(), model, seeds.getAsLong()),
        TraceReader.read(request.getTrace(), model),
        CallDeadline.nanos(),
        Claims.read(request.getPriority(), request.getPriorityValue(), CallingTenant.current()));
  }

  private static double[] temperatures(ScoreRequest request) {
    if (request.getTemperaturesCount() > MAX_TEMPERATURES) {
      throw ServingException.invalidField(
          "temperatures",
          request.getTemperaturesCount() + " temperatures",
          "at most " + MAX_TEMPERATURES);
    }
    for (int i = 0; i < request.getTemperaturesCount(); i++) {
      double temperature = request.getTemperatures(i);
      if (temperature == 0 || Double.isNaN(temperature)) {
        throw ServingException.invalidField(
            "temperatures[%d]".formatted(i), temperature, "a number other than 0");
      }
    }
    return request.getTemperaturesList().stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static OptionalInt fitWindow(ScoreRequest request, int counted) {
    if (!request.hasFitWindow()) {
      return OptionalInt.empty();
    }
    long tokens = Integer.toUnsignedLong(request.getFitWindow());
    long least = Math.max(1, (counted + MAX_RUNS - 1) / MAX_RUNS);
    if (tokens < least) {
      throw ServingException.invalidField(
          "fit_window",
          tokens,
          "at least %d: at most %d runs of %d tokens".formatted(least, MAX_RUNS, counted));
    }
    return OptionalInt.of((int) Math.min(tokens, Integer.MAX_VALUE));
  }

  /** An unsigned field; {@code absent} when it is not there. */
  static int within(String field, boolean present, int value, int absent, int least, int most) {
    long unsigned = Integer.toUnsignedLong(value);
    if (present && (unsigned < least || unsigned > most)) {
      throw ServingException.invalidField(field, unsigned, "%d to %d".formatted(least, most));
    }
    return present ? value : absent;
  }
}
