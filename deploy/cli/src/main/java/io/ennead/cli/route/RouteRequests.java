package io.ennead.cli.route;

import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Model;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.StoppingOptions;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TraceLevel;
import io.ennead.v1.TraceOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Asks a router for traced generations. Not for several threads. */
public final class RouteRequests {
  private static final TraceOptions FULL =
      TraceOptions.newBuilder().setLevel(TraceLevel.TRACE_LEVEL_FULL).build();

  private final EnneadClient client;
  private final Duration limit;

  /** Borrows the client; every request may last for the limit. */
  public RouteRequests(EnneadClient client, Duration limit) {
    this.client = client;
    this.limit = limit;
  }

  /** The model served, if its router gives full traces of it. */
  public Model model() {
    List<Model> models = client.listModels(limit).getModelsList();
    if (models.size() != 1) {
      throw new TraceException("models served: %d (expected: 1)".formatted(models.size()));
    }
    Model model = models.get(0);
    TraceLevel bound = model.getBounds().getTraceLevel();
    if (bound == TraceLevel.TRACE_LEVEL_NONE || bound == TraceLevel.TRACE_LEVEL_SUMMARY) {
      throw new TraceException(
          "the router's bound on traces: %s (expected: FULL)"
              .formatted(bound.name().replace("TRACE_LEVEL_", "")));
    }
    return model;
  }

  /**
   * Generates with a full trace.
   *
   * @param options what to ask for, without the prompt
   */
  public Run run(Model model, String text, GenerateRequest options) {
    List<Integer> prompt =
        client.tokenize(TokenizeRequest.newBuilder().setText(text).build(), limit).getIdsList();
    if (prompt.isEmpty()) {
      throw new TraceException("the text has no tokens (expected: at least 1)");
    }
    TracedAnswer answer = answer(request(prompt, options));
    List<Integer> ids = new ArrayList<>(prompt);
    ids.addAll(answer.ids());
    Trace trace = answer.trace();
    requireUsable(trace, ids.size());
    return new Run(
        model,
        options,
        TokenTexts.of(ids, this::detokenize),
        prompt.size(),
        trace,
        answer.finish(),
        answer.responseId());
  }

  /**
   * The tokens of an answer alone, as if they were all of the sequence.
   *
   * @param promptTokens before them
   */
  public Run continuation(
      Model model, GenerateRequest request, int promptTokens, TracedAnswer answer) {
    Trace trace = answer.trace();
    requireUsable(trace, promptTokens + answer.ids().size());
    return new Run(
        model,
        request,
        TokenTexts.of(answer.ids(), this::detokenize),
        0,
        trace.from(promptTokens),
        answer.finish(),
        answer.responseId());
  }

  /** Routes one token of a run again, in four ways; the tokens up to it are the prompt. */
  public Comparison compare(Run run, int position) {
    List<Integer> prompt = run.idsUpTo(position);
    return new Comparison(
        position,
        List.of(
            column("top-k", RoutingMode.ROUTING_MODE_TOP_K, 1, run, prompt),
            column("sampled, T = 1", RoutingMode.ROUTING_MODE_SAMPLED, 1, run, prompt),
            column("sampled, T = 0.5", RoutingMode.ROUTING_MODE_SAMPLED, 0.5, run, prompt),
            column("sampled, T = 2", RoutingMode.ROUTING_MODE_SAMPLED, 2, run, prompt)));
  }

  private Comparison.Column column(
      String name, RoutingMode mode, double temperature, Run run, List<Integer> prompt) {
    RoutingOptions.Builder routing =
        run.request().getRouting().toBuilder()
            .clearLayers()
            .clearLayerTemperatures()
            .setMode(mode)
            .setTemperature(temperature)
            .setSeed(run.finish().getRoutingSeed());
    GenerateRequest options =
        run.request().toBuilder()
            .setRouting(routing)
            .setStopping(StoppingOptions.newBuilder().setMaxTokens(1))
            .build();
    Trace trace = answer(request(prompt, options)).trace();
    requireUsable(trace, prompt.size() + 1);
    return new Comparison.Column(name, trace);
  }

  /** Ids, not text: the trace is then of just the tokens that are shown beside it. */
  private static GenerateRequest request(List<Integer> prompt, GenerateRequest options) {
    return options.toBuilder()
        .setTokenIds(TokenIds.newBuilder().addAllIds(prompt))
        .setTrace(FULL)
        .build();
  }

  private TracedAnswer answer(GenerateRequest request) {
    TracedAnswer answer = new TracedAnswer();
    try (Generation pieces = client.generate(request, limit)) {
      pieces.forEachRemaining(answer::add);
    }
    return answer;
  }

  private static void requireUsable(Trace trace, int tokens) {
    if (trace.tokens() == 0) {
      throw new TraceException(
          trace.truncated()
              ? "the router's bound on the bytes of a trace leaves out every token"
              : "the router sent no trace (expected: one of level FULL)");
    }
    if (trace.end() > tokens) {
      throw new TraceException(
          "the trace ends at position %d (expected: at most %d)".formatted(trace.end(), tokens));
    }
  }

  private String detokenize(List<Integer> ids) {
    DetokenizeRequest request =
        DetokenizeRequest.newBuilder().addAllIds(ids).setKeepSpecialTokens(true).build();
    return client.detokenize(request, limit).getText();
  }
}
