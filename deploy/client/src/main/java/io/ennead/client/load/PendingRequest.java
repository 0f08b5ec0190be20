package io.ennead.client.load;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.StoppingOptions;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** A request that is under way. Told of its pieces and its end by one thread at a time. */
final class PendingRequest {
  private final GenerateRequest request;
  private final Histogram gaps;
  private final long start;
  private final long due;
  private long first;
  private long last;
  private int tokens;

  /**
   * A request that is due.
   *
   * @param start {@link System#nanoTime()} of the run's start
   * @param due nanoseconds from then
   */
  PendingRequest(GenerateRequest request, Histogram gaps, long start, long due) {
    this.request = request;
    this.gaps = gaps;
    this.start = start;
    this.due = due;
  }

  void piece(GenerateResponse piece) {
    int count = piece.getTokenIdsCount();
    if (count == 0) {
      return;
    }
    long now = now();
    if (tokens == 0) {
      first = now;
    } else {
      gaps.recordValueWithCount((now - last) / count, count);
    }
    last = now;
    tokens += count;
  }

  /** What it showed; one of the two is there. */
  RequestRecord ended(@Nullable Finish finish, @Nullable Throwable failure) {
    int promptTokens =
        finish == null ? request.getTokenIds().getIdsCount() : finish.getPromptTokens();
    return new RequestRecord(due, first, now(), promptTokens, tokens, error(failure));
  }

  private long now() {
    return System.nanoTime() - start - due;
  }

  private Optional<String> error(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof ServingException serving) {
      return Optional.of(GrpcErrors.label(serving.reason()));
    }
    if (cause != null) {
      return Optional.of(cause.getClass().getSimpleName());
    }
    StoppingOptions stopping = request.getStopping();
    boolean fixed = stopping.getIgnoreEos() && stopping.getStopCount() == 0;
    return fixed && tokens < stopping.getMaxTokens()
        ? Optional.of("TOKENS_MISSING")
        : Optional.empty();
  }
}
