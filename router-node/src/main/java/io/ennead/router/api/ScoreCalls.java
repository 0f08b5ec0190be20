package io.ennead.router.api;

import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.node.CallingTenant;
import io.ennead.node.GrpcErrors;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.moe.ActivePacks;
import io.ennead.router.moe.GatePacks;
import io.ennead.router.score.ScoreSink;
import io.ennead.router.score.TextJob;
import io.ennead.router.score.TextScoring;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The calls that score texts. Safe for use by several threads. */
final class ScoreCalls {
  /** Each may hold scores that its client does not read. */
  private static final int MAX_TEXTS = 64;

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final SharedPlaces places = new SharedPlaces(MAX_TEXTS);
  private final ModelCatalog catalog;
  private final SlowReaders readers;
  private final ScoreReader reader;
  private final LabelReader labels;

  /**
   * Calls on these models.
   *
   * @param seeds of requests whose routing is sampled and brings none
   */
  ScoreCalls(ModelCatalog catalog, SlowReaders readers, LongSupplier seeds) {
    this.catalog = catalog;
    this.readers = readers;
    this.reader = new ScoreReader(seeds);
    this.labels = new LabelReader(seeds);
  }

  void score(ScoreRequest request, ServerCallStreamObserver<ScoreResponse> call) {
    serve(
        call,
        request.getModel(),
        model -> reader.read(model, request),
        (job, messages, release) -> new WholeScores(call, job, messages, readers, release));
  }

  void scoreStream(ScoreStreamRequest request, ServerCallStreamObserver<ScoreStreamResponse> call) {
    serve(
        call,
        request.getScore().getModel(),
        model -> reader.read(model, request),
        (job, messages, release) -> new StreamedScores(call, job, messages, readers, release));
  }

  void softLabels(SoftLabelsRequest request, ServerCallStreamObserver<SoftLabelsResponse> call) {
    serve(
        call,
        request.getModel(),
        model -> labels.read(model, request),
        (job, messages, release) ->
            new StreamedLabels(call, job, new LabelMessages(job, request), readers, release));
  }

  private void serve(
      ServerCallStreamObserver<?> call,
      String name,
      Function<ServedModel, TextJob> read,
      Answer answer) {
    Tenant tenant = CallingTenant.current();
    if (!places.tryTake(tenant, 1)) {
      call.onError(GrpcErrors.toStatus(full()));
      return;
    }
    Runnable release = once(() -> places.giveBack(tenant, 1));
    call.setOnCloseHandler(release);
    call.setOnCancelHandler(release);
    try {
      ServedModel model = catalog.find(name);
      ActivePacks active = model.moe().packs();
      GatePacks packs = active.hold(); // of all windows
      Runnable end = once(() -> active.release(packs));
      call.setOnCloseHandler(both(release, end));
      call.setOnCancelHandler(both(release, end));
      TextJob job = read.apply(model).among(packs);
      Writer writer = answer.writer(job, new ScoreMessages(job, model.codec()), release);
      TextScoring scoring = new TextScoring(model.scorer(), job, writer);
      writer.attach(scoring);
      call.setOnCancelHandler(both(both(release, end), scoring::cancel));
      scoring.start();
    } catch (RuntimeException e) {
      call.onError(GrpcErrors.toStatus(e));
    }
  }

  private static Runnable both(Runnable first, Runnable second) {
    return () -> {
      first.run();
      second.run();
    };
  }

  private static Runnable once(Runnable action) {
    AtomicBoolean done = new AtomicBoolean();
    return () -> {
      if (done.compareAndSet(false, true)) {
        action.run();
      }
    };
  }

  private static ServingException full() {
    return ServingException.queueFull("texts that are scored at a time", MAX_TEXTS, RETRY_AFTER);
  }

  /** How a kind of call is answered. */
  private interface Answer {
    /**
     * Makes one.
     *
     * @param release gives the text's place back; the call itself may stay open for as long as its
     *     client does not read
     */
    Writer writer(TextJob job, ScoreMessages messages, Runnable release);
  }

  /** Writes the scores of one text to its call. */
  interface Writer extends ScoreSink {

    /** Says what to tell of what was written; before the first scores. */
    void attach(TextScoring scoring);
  }
}
