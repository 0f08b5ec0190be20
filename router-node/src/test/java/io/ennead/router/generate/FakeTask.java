package io.ennead.router.generate;

import io.ennead.errors.ServingException;
import io.ennead.router.model.Span.Logits;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.router.moe.ScoredGate;
import io.ennead.router.trace.TraceLevel;
import io.ennead.router.trace.TraceOptions;
import io.ennead.router.trace.TraceRecorder;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What a sequence of the scheduler's tests wants; it takes no logits. */
record FakeTask(
    Logits promptLogits, int firstLogits, int maxTokens, Optional<TraceRecorder> recorder)
    implements SequenceTask {

  static FakeTask generating(int maxTokens) {
    return new FakeTask(Logits.LAST, 0, maxTokens, Optional.empty());
  }

  static FakeTask scoring(int firstLogits) {
    return new FakeTask(Logits.ALL, firstLogits, 0, Optional.empty());
  }

  static FakeTask traced(int promptLength) {
    TraceOptions options = new TraceOptions(TraceLevel.SUMMARY, List.of(0), false, 1 << 20);
    return new FakeTask(
        Logits.LAST,
        0,
        1,
        Optional.of(
            new TraceRecorder(
                options, ScoredGate.softmax(8, 2), RoutingOptions.DEFAULT, promptLength)));
  }

  @Override
  public void admitted() {}

  @Override
  public OptionalInt accept(int position, float[] logits, int offset) {
    return OptionalInt.empty();
  }

  @Override
  public void finished() {}

  @Override
  public void failed(ServingException failure) {}
}
