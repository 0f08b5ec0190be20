package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.CallingTenant;
import io.ennead.node.GrpcErrors;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.feedback.Rating;
import io.ennead.router.feedback.ResponseKey;
import io.ennead.v1.DeleteFeedbackRequest;
import io.ennead.v1.DeleteFeedbackResponse;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.RecordFeedbackRequest;
import io.ennead.v1.RecordFeedbackResponse;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Takes ratings of responses; answers when they are durable. Safe for use by several threads. */
final class FeedbackCalls {
  private final Optional<Feedback> feedback;

  /** Without a database every call is refused. */
  FeedbackCalls(Optional<Feedback> feedback) {
    this.feedback = feedback;
  }

  void record(RecordFeedbackRequest request, StreamObserver<RecordFeedbackResponse> observer) {
    String tenant = CallingTenant.current().name();
    answer(
        observer,
        () ->
            required()
                .record(
                    new ResponseKey(request.getResponseId(), request.getIndex()),
                    rating(request),
                    tenant)
                .thenApply(
                    outcome ->
                        RecordFeedbackResponse.newBuilder()
                            .setRepeated(outcome == Feedback.Outcome.REPEATED)
                            .build()));
  }

  private static Rating rating(RecordFeedbackRequest request) {
    List<Double> tokens = request.getTokenRatingsList();
    if (request.hasRating() == !tokens.isEmpty()) {
      throw ServingException.invalidField(
          "rating",
          request.hasRating() ? "beside token_ratings" : "absent",
          "either a rating or token_ratings");
    }
    double overall =
        request.hasRating()
            ? request.getRating()
            : tokens.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    return new Rating(overall, tokens, request.getLabel());
  }

  void delete(DeleteFeedbackRequest request, StreamObserver<DeleteFeedbackResponse> observer) {
    String tenant = CallingTenant.current().name();
    answer(
        observer,
        () ->
            required()
                .delete(new ResponseKey(request.getResponseId(), 0).responseId(), tenant)
                .thenApply(
                    deleted -> DeleteFeedbackResponse.newBuilder().setDeleted(deleted).build()));
  }

  private Feedback required() {
    return feedback.orElseThrow(
        () ->
            ServingException.of(
                ErrorReason.ERROR_REASON_FEEDBACK_OFF,
                "this router keeps no ratings (feedback-db is not set)",
                Map.of()));
  }

  private static <T> void answer(StreamObserver<T> observer, Supplier<CompletableFuture<T>> work) {
    CompletableFuture<T> result;
    try {
      result = work.get();
    } catch (RuntimeException e) {
      observer.onError(GrpcErrors.toStatus(e));
      return;
    }
    var unused = result.whenComplete((response, failure) -> end(observer, response, failure));
  }

  private static <T> void end(StreamObserver<T> observer, T response, @Nullable Throwable failure) {
    if (failure != null) {
      observer.onError(GrpcErrors.toStatus(unwrapped(failure)));
      return;
    }
    observer.onNext(response);
    observer.onCompleted();
  }

  private static Throwable unwrapped(Throwable failure) {
    return failure instanceof CompletionException
        ? Optional.ofNullable(failure.getCause()).orElse(failure)
        : failure;
  }
}
