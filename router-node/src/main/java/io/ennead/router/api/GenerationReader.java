package io.ennead.router.api;

import io.ennead.errors.ServingException;
import io.ennead.router.feedback.Feedback;
import io.ennead.router.feedback.FeedbackOptions;
import io.ennead.router.generate.Generation;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.ServedModel;
import io.ennead.router.generate.TokenSink;
import io.ennead.router.sample.SamplingOptions;
import io.ennead.v1.GenerateRequest;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Reads and checks requests for text: what every protocol of the router, having put its request
 * into the words of {@link GenerateRequest}, goes through. Safe for use by several threads.
 */
public final class GenerationReader {
  private final ModelCatalog catalog;
  private final LongSupplier seeds;
  private final Optional<Feedback> feedback;

  /**
   * A reader of requests to these models.
   *
   * @param seeds of requests that bring none
   */
  public GenerationReader(ModelCatalog catalog, LongSupplier seeds) {
    this(catalog, seeds, Optional.empty());
  }

  /**
   * The same with responses that can be rated.
   *
   * @param feedback remembers them; stays the caller's
   */
  public GenerationReader(ModelCatalog catalog, LongSupplier seeds, Optional<Feedback> feedback) {
    this.catalog = catalog;
    this.seeds = seeds;
    this.feedback = feedback;
  }

  /** The same of responses that nobody can rate. */
  public GenerationReader unrated() {
    return new GenerationReader(catalog, seeds);
  }

  /** A request that its model can serve. */
  public record Checked(ServedModel model, GenerationRequest request, Optional<Feedback> feedback) {

    /**
     * Hands it to the model's generator; never blocks.
     *
     * @throws ServingException when it is refused, as {@link
     *     io.ennead.router.generate.Generator#submit} says
     */
    public Generation submit(TokenSink sink) {
      TokenSink remembering =
          feedback
              .map(on -> on.remembering(request, model.info().fingerprint(), sink))
              .orElse(sink);
      return model.generator().submit(request, remembering);
    }
  }

  /**
   * Checks a request against its model.
   *
   * @throws ServingException MODEL_NOT_FOUND, INVALID_FIELD and its kin, naming the field as {@link
   *     GenerateRequest} does; PERMISSION_DENIED for a priority beyond the caller's
   */
  public Checked read(GenerateRequest request, Caller caller) {
    ServedModel model = catalog.find(request.getModel());
    SamplingOptions sampling = SamplingReader.read(request.getSampling(), model);
    int[] prompt = Prompts.read(model, request);
    long seed = sampling.seed().orElseGet(seeds);
    return new Checked(
        model,
        new GenerationRequest(
            caller.responseId(),
            prompt,
            sampling,
            seed,
            Options.stopping(request.getStopping(), model.info(), prompt.length),
            RoutingReader.read(request.getRouting(), model, seed),
            Options.logprobs(request),
            TraceReader.read(request.getTrace(), model),
            Options.continuations(request, model.policy().bounds().continuations()),
            caller.deadlineNanos(),
            Claims.read(request.getPriority(), request.getPriorityValue(), caller.tenant()),
            feedback.isPresent() ? FeedbackOptions.CHOICE_BYTES : 0),
        feedback);
  }
}
