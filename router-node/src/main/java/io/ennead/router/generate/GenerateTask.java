package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.node.RequestContext;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.sample.Draw;
import io.ennead.router.sample.LogProbs;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.sample.TokenSampler;
import io.ennead.router.trace.DecisionRecorder;
import io.ennead.router.trace.RoutingTrace;
import io.ennead.router.trace.TraceRecorder;
import io.opentelemetry.api.trace.Span;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * One continuation of a prompt: draws tokens, turns them into text, knows when to stop. Owned by
 * the generation loop's thread.
 */
final class GenerateTask implements SequenceTask {
  private static final Logger logger = LoggerFactory.getLogger(GenerateTask.class);

  private final GenerationRequest request;
  private final int index;
  private final TokenSink sink;
  private final ModelInfo model;
  private final Set<Integer> endOfSequence;
  private final TextStream text;
  private final GenerationMetrics metrics;
  private final RequestSpan span;
  private final TokenSampler sampler;
  private final Optional<TraceRecorder> recorder;
  private final Optional<DecisionRecorder> decisions;
  private Optional<RoutingTrace> trace = Optional.empty();
  private final long arrived = System.nanoTime();
  private long admitted;
  private long firstToken;
  private long lastToken;
  private int generated;
  private int reused;
  private Degraded degraded = Degraded.NONE;
  private FinishInfo.@Nullable Reason reason;

  /**
   * A continuation.
   *
   * @param index which of the request's, from 0; the first one also tells of the prompt
   */
  GenerateTask(
      GenerationRequest request,
      int index,
      TokenSink sink,
      ModelInfo model,
      Set<Integer> endOfSequence,
      TokenSampler sampler,
      TextStream text,
      Optional<TraceRecorder> recorder,
      Optional<DecisionRecorder> decisions,
      GenerationMetrics metrics,
      RequestSpan span) {
    this.request = request;
    this.index = index;
    this.sink = sink;
    this.recorder = recorder;
    this.decisions = decisions;
    this.model = model;
    this.endOfSequence = endOfSequence;
    this.sampler = sampler;
    this.text = text;
    this.metrics = metrics;
    this.span = span;
  }

  @Override
  public Span span() {
    return span.span();
  }

  @Override
  public Logits promptLogits() {
    return Logits.LAST;
  }

  @Override
  public int maxTokens() {
    return request.stopping().maxTokens();
  }

  @Override
  public void admitted() {
    admitted = System.nanoTime();
    span.admitted();
    if (index == 0) {
      metrics.started(Duration.ofNanos(admitted - arrived));
      metrics.prefilled(request.prompt().length);
    }
  }

  @Override
  public void reused(int positions) {
    reused += positions;
  }

  @Override
  public void degraded(Degraded tokens) {
    degraded = degraded.plus(tokens);
    metrics.degraded(tokens.tokens());
  }

  @Override
  public Optional<TraceRecorder> recorder() {
    return recorder;
  }

  @Override
  public Optional<DecisionRecorder> decisions() {
    return decisions;
  }

  /** What concerns the prompt goes out at once, else with the token that follows. */
  @Override
  public void traced(RoutingTrace piece) {
    if (piece.firstPosition() < request.prompt().length) {
      sink.piece(Piece.of(index, piece));
    } else {
      trace = Optional.of(piece);
    }
  }

  @Override
  public String id() {
    return request.responseId();
  }

  private long seed() {
    return request.seed() + index;
  }

  @Override
  public OptionalInt accept(int position, float[] logits, int offset) {
    Draw draw = sampler.draw(logits, offset, position + 1, forbidden());
    int token = draw.token();
    generated++;
    clockToken();
    String delta = text.push(token);
    reason = reasonToEnd(token);
    if (reason != null) {
      delta += text.finish();
      reason = text.stop().isPresent() ? FinishInfo.Reason.STOP : reason;
    }
    sink.piece(
        new Piece(
            index,
            new int[] {token},
            delta,
            logProbs(draw, logits, offset),
            trace,
            recorder.map(traced -> DrawTrace.of(draw))));
    trace = Optional.empty();
    return reason == null ? OptionalInt.of(token) : OptionalInt.empty();
  }

  private Set<Integer> forbidden() {
    return generated < request.stopping().minTokens() ? endOfSequence : Set.of();
  }

  private FinishInfo.@Nullable Reason reasonToEnd(int token) {
    if (text.stop().isPresent()) {
      return FinishInfo.Reason.STOP;
    }
    if (endOfSequence.contains(token) && !request.stopping().ignoreEos()) {
      return FinishInfo.Reason.EOS;
    }
    return generated == maxTokens() ? FinishInfo.Reason.LENGTH : null;
  }

  private List<TokenLogProb> logProbs(Draw draw, float[] logits, int offset) {
    if (request.logprobs().isEmpty()) {
      return List.of();
    }
    LogProbs probabilities = LogProbs.of(logits, offset, model.vocabularySize());
    return List.of(draw.logProb(probabilities, request.logprobs().getAsInt()));
  }

  private void clockToken() {
    long now = System.nanoTime();
    if (generated == 1) {
      firstToken = now;
      span.firstToken();
      metrics.firstToken(Duration.ofNanos(now - arrived));
    } else {
      metrics.nextToken(Duration.ofNanos(now - lastToken));
    }
    lastToken = now;
  }

  @Override
  public void finished() {
    FinishInfo info =
        new FinishInfo(
            index,
            Optional.ofNullable(reason).orElse(FinishInfo.Reason.LENGTH),
            text.stop().orElse(""),
            request.prompt().length,
            reused,
            generated,
            seed(),
            request.routing().seed(),
            recorder.map(TraceRecorder::summary).orElse(List.of()),
            Duration.ofNanos(admitted - arrived),
            Duration.ofNanos(firstToken - arrived),
            Duration.ofNanos(System.nanoTime() - arrived),
            degraded,
            request.routing().profile(),
            decisions.flatMap(DecisionRecorder::decisions));
    metrics.finished(info);
    log()
        .log(
            "ended by {}: {} tokens of prompt, {} generated, in {} ms",
            info.reason(),
            info.promptTokens(),
            generated,
            info.total().toMillis());
    span.finished(info);
    sink.finished(info);
  }

  // Never a text of a client: a log is kept for longer and read by others.
  private LoggingEventBuilder log() {
    LoggingEventBuilder line =
        logger
            .atDebug()
            .addKeyValue(RequestContext.REQUEST_ID, request.responseId())
            .addKeyValue("model", model.name());
    return span.span().isRecording()
        ? line.addKeyValue(RequestContext.TRACE_ID, span.span().getSpanContext().getTraceId())
        : line;
  }

  @Override
  public void failed(ServingException failure) {
    metrics.failed(failure.reason());
    log().log("failed: {}", failure.reason());
    span.failed(failure);
    sink.failed(failure);
  }
}
