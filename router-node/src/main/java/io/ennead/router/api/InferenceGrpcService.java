package io.ennead.router.api;

import io.ennead.router.feedback.Feedback;
import io.ennead.router.generate.ServedModel;
import io.ennead.v1.DeleteFeedbackRequest;
import io.ennead.v1.DeleteFeedbackResponse;
import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.DetokenizeResponse;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.InferenceServiceGrpc;
import io.ennead.v1.ListModelsRequest;
import io.ennead.v1.ListModelsResponse;
import io.ennead.v1.RecordFeedbackRequest;
import io.ennead.v1.RecordFeedbackResponse;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreResponse;
import io.ennead.v1.ScoreStreamRequest;
import io.ennead.v1.ScoreStreamResponse;
import io.ennead.v1.SoftLabelsRequest;
import io.ennead.v1.SoftLabelsResponse;
import io.ennead.v1.TokenizeRequest;
import io.ennead.v1.TokenizeResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Text generation and scoring over gRPC: reads and checks requests, hands them to the model's
 * generator or scorer, and never waits for either. Safe for use by several threads.
 */
public final class InferenceGrpcService extends InferenceServiceGrpc.InferenceServiceImplBase {
  private final ModelCatalog catalog;
  private final SlowReaders readers;
  private final GenerationReader generations;
  private final ScoreCalls scores;
  private final FeedbackCalls feedback;

  /**
   * A service of these models.
   *
   * @param readers how long what is not read waits; stays the caller's
   * @param seeds of requests that bring none
   */
  public InferenceGrpcService(ModelCatalog catalog, SlowReaders readers, LongSupplier seeds) {
    this(catalog, readers, seeds, Optional.empty());
  }

  /**
   * The same with ratings.
   *
   * @param feedback where they go; stays the caller's
   */
  public InferenceGrpcService(
      ModelCatalog catalog, SlowReaders readers, LongSupplier seeds, Optional<Feedback> feedback) {
    this.catalog = catalog;
    this.readers = readers;
    this.feedback = new FeedbackCalls(feedback);
    this.generations = new GenerationReader(catalog, seeds, feedback);
    this.scores = new ScoreCalls(catalog, readers, seeds);
  }

  @Override
  public void generate(GenerateRequest request, StreamObserver<GenerateResponse> observer) {
    var call = (ServerCallStreamObserver<GenerateResponse>) observer;
    Caller caller = Caller.current();
    Outbox<GenerateResponse> outbox = Outbox.of(call, caller.responseId(), readers);
    ResponseStream stream = new ResponseStream(outbox, caller.responseId());
    try {
      GenerationReader.Checked generation = generations.read(request, caller);
      stream.expect(generation.request().continuations());
      outbox.attach(generation.submit(stream));
    } catch (RuntimeException e) {
      outbox.fail(e);
    }
  }

  @Override
  public void score(ScoreRequest request, StreamObserver<ScoreResponse> observer) {
    scores.score(request, (ServerCallStreamObserver<ScoreResponse>) observer);
  }

  @Override
  public void scoreStream(
      ScoreStreamRequest request, StreamObserver<ScoreStreamResponse> observer) {
    scores.scoreStream(request, (ServerCallStreamObserver<ScoreStreamResponse>) observer);
  }

  @Override
  public void softLabels(SoftLabelsRequest request, StreamObserver<SoftLabelsResponse> observer) {
    scores.softLabels(request, (ServerCallStreamObserver<SoftLabelsResponse>) observer);
  }

  @Override
  public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> observer) {
    Unary.answer(observer, () -> tokens(request));
  }

  private TokenizeResponse tokens(TokenizeRequest request) {
    ServedModel model = catalog.find(request.getModel());
    TokenizeResponse.Builder response = TokenizeResponse.newBuilder();
    for (int id : ids(model, request, response)) {
      response.addIds(id).addTokens(model.codec().token(id));
    }
    return response.build();
  }

  private static int[] ids(
      ServedModel model, TokenizeRequest request, TokenizeResponse.Builder response) {
    if (!request.hasChat()) {
      return model.codec().encode(Prompts.text(request), !request.getOmitSpecialTokens());
    }
    String rendered = Prompts.render(model, request.getChat());
    response.setRendered(rendered);
    return model.codec().encodeMarked(rendered);
  }

  @Override
  public void detokenize(DetokenizeRequest request, StreamObserver<DetokenizeResponse> observer) {
    Unary.answer(observer, () -> text(request));
  }

  private DetokenizeResponse text(DetokenizeRequest request) {
    ServedModel model = catalog.find(request.getModel());
    int[] ids = Prompts.ids(model.info(), request.getIdsList(), "ids");
    return DetokenizeResponse.newBuilder()
        .setText(model.codec().decode(ids, request.getKeepSpecialTokens()))
        .build();
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> observer) {
    ListModelsResponse.Builder response = ListModelsResponse.newBuilder();
    catalog.all().forEach(model -> response.addModels(ModelMessages.model(model)));
    Unary.answer(observer, response::build);
  }

  @Override
  public void recordFeedback(
      RecordFeedbackRequest request, StreamObserver<RecordFeedbackResponse> observer) {
    feedback.record(request, observer);
  }

  @Override
  public void deleteFeedback(
      DeleteFeedbackRequest request, StreamObserver<DeleteFeedbackResponse> observer) {
    feedback.delete(request, observer);
  }
}
