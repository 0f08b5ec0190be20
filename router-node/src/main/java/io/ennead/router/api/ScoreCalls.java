package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.score.ScoreSink;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScoring;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The calls that score texts. Safe for use by several threads. */
final class ScoreCalls {
  /** Each may hold scores that its client does not read. */
  private static final int MAX_TEXTS = 64;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final Semaphore places = new Semaphore(MAX_TEXTS);
  private final ModelCatalog catalog;
  private final ScoreReader reader;

  /**
   * Calls on these models.
   *
   * @param seeds of requests whose routing is sampled and brings none
   */
  ScoreCalls(ModelCatalog catalog, LongSupplier seeds) {
    this.catalog = catalog;
    this.reader = new ScoreReader(seeds);
  }

  void score(ScoreRequest request, ServerCallStreamObserver<ScoreResponse> call) {
    serve(
        call,
        request.getModel(),
        model -> reader.read(model, request),
        (job, messages) -> new WholeScores(call, job, messages));
  }

  void scoreStream(ScoreStreamRequest request, ServerCallStreamObserver<ScoreStreamResponse> call) {
    serve(
        call,
        request.getScore().getModel(),
        model -> reader.read(model, request),
        (job, messages) -> new StreamedScores(call, job, messages));
  }

  private void serve(
      ServerCallStreamObserver<?> call,
      String name,
      Function<ServedModel, TextJob> read,
      Answer answer) {
    if (!places.tryAcquire()) {
      call.onError(GrpcErrors.toStatus(full()));
      return;
    }
    call.setOnCloseHandler(places::release);
    call.setOnCancelHandler(places::release); // one or the other
    try {
      ServedModel model = catalog.find(name);
      TextJob job = read.apply(model);
      Writer writer = answer.writer(job, new ScoreMessages(job, model.codec()));
      TextScoring scoring = new TextScoring(model.scorer(), job, writer);
      writer.attach(scoring);
      call.setOnCancelHandler(
          () -> {
            places.release();
            scoring.cancel();
          });
      scoring.start();
    } catch (RuntimeException e) {
      call.onError(GrpcErrors.toStatus(e));
    }
  }

  private static ServingException full() {
    return ServingException.queueFull("texts that are scored at a time", MAX_TEXTS, RETRY_AFTER);
  }

  /** How a kind of call is answered. */
  private interface Answer {
    Writer writer(TextJob job, ScoreMessages messages);
  }

  /** Writes the scores of one text to its call. */
  interface Writer extends ScoreSink {

    /** Says what to tell of what was written; before the first scores. */
    void attach(TextScoring scoring);
  }
}
