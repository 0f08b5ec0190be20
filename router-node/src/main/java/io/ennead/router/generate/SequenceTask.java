package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.trace.DecisionRecorder;
import io.ennead.router.trace.RoutingTrace;
import io.ennead.router.trace.TraceRecorder;
import io.opentelemetry.api.trace.Span;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is done with a sequence's logits: text is continued or scored. Called by the generation
 * loop's thread alone.
 */
interface SequenceTask {

  /** Of the response; empty when it has none. */
  default String id() {
    return "";
  }

  /** Which positions of the prompt need logits. */
  Logits promptLogits();

  /** Positions of the prompt before this one need no logits in any case. */
  default int firstLogits() {
    return 0;
  }

  /**
   * What taking a position's logits costs, in distributions over the vocabulary that have to be
   * computed.
   */
  default int distributions() {
    return 1;
  }

  /** Tokens that may follow the prompt, at most. */
  int maxTokens();

  /** The sequence got its place in the batch. */
  void admitted();

  /** So many more positions of the prompt came from the prefix cache and are not computed. */
  default void reused(int positions) {}

  /** Of the request, where it is traced; otherwise one that records nothing. */
  default Span span() {
    return Span.getInvalid();
  }

  /** Records how the sequence is routed, when somebody wants to know. */
  default Optional<TraceRecorder> recorder() {
    return Optional.empty();
  }

  /** Records which experts are drawn for the generated tokens, when it is to be learned from. */
  default Optional<DecisionRecorder> decisions() {
    return Optional.empty();
  }

  /** Takes the next piece of what the recorder recorded. */
  default void traced(RoutingTrace piece) {}

  /** Whether it takes what logits are computed from. */
  default boolean wantsHidden() {
    return false;
  }

  /**
   * Takes what a position's logits are computed from, before these.
   *
   * @param hidden [hidden], the task's own
   */
  default void hidden(int position, float[] hidden) {}

  /**
   * Takes the logits of a position.
   *
   * @param position of the token whose successor the logits are about
   * @param logits [.., vocabulary]: the row begins at {@code offset}; only valid during the call
   * @return the token to go on with; empty: nothing more to do here
   */
  OptionalInt accept(int position, float[] logits, int offset);

  /**
   * Every position that was asked for has been accepted, or there is no successor: the sequence is
   * over.
   */
  void finished();

  /** Tokens were computed without some of their experts. */
  default void degraded(Degraded tokens) {}

  /** The sequence ends with an error. */
  void failed(ServingException failure);
}
