package io.ennead.router.generate;

import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.router.trace.TraceOptions;
import java.util.OptionalInt;

/**
 * A prompt and how to continue it, checked against the model: the prompt has at least one token,
 * its ids are in the vocabulary, and prompt and continuation fit the context.
 *
 * @param responseId identifies the response to the client and in logs
 * @param prompt token ids; not to be modified
 * @param seed of the first continuation's random stream, whoever chose it; continuation i has seed
 *     + i
 * @param logprobs how many alternatives to report per token; empty: no log-probabilities
 * @param continuations of the one prompt, at least 1
 * @param deadlineNanos {@link System#nanoTime()} at which the caller gives up; {@link
 *     Long#MAX_VALUE} for never
 * @param claim whose it is, and how urgent
 * @param decisionBytes of the drawn choices of experts that are recorded of each continuation, at
 *     most; 0: none are
 */
public record GenerationRequest(
    String responseId,
    int[] prompt,
    SamplingOptions sampling,
    long seed,
    StoppingOptions stopping,
    RoutingOptions routing,
    OptionalInt logprobs,
    TraceOptions trace,
    int continuations,
    long deadlineNanos,
    Claim claim,
    int decisionBytes) {

  /** One that is not learned from. */
  public GenerationRequest(
      String responseId,
      int[] prompt,
      SamplingOptions sampling,
      long seed,
      StoppingOptions stopping,
      RoutingOptions routing,
      OptionalInt logprobs,
      TraceOptions trace,
      int continuations,
      long deadlineNanos,
      Claim claim) {
    this(
        responseId,
        prompt,
        sampling,
        seed,
        stopping,
        routing,
        logprobs,
        trace,
        continuations,
        deadlineNanos,
        claim,
        0);
  }

  /** Of nobody in particular. */
  public GenerationRequest(
      String responseId,
      int[] prompt,
      SamplingOptions sampling,
      long seed,
      StoppingOptions stopping,
      RoutingOptions routing,
      OptionalInt logprobs,
      TraceOptions trace,
      int continuations,
      long deadlineNanos) {
    this(
        responseId,
        prompt,
        sampling,
        seed,
        stopping,
        routing,
        logprobs,
        trace,
        continuations,
        deadlineNanos,
        Claim.ANYBODY);
  }
}
