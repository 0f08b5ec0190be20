package io.ennead.router.http;

import io.ennead.node.http.Refusal;
import io.ennead.node.http.Route;
import io.ennead.router.api.GenerationReader;
import io.ennead.router.api.MixedNumericsHeader;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.api.SlowReaders;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The routes of OpenAI's API that a router serves. */
public final class OpenAiRoutes {
  /** How a server of these routes writes its own refusals. */
  public static final Refusal.Format REFUSALS = Answers.REFUSALS;

  /** Bytes of the longest request. */
  public static final int MAX_BODY = 8 << 20;

  private static final String JSON = "application/json";

  private OpenAiRoutes() {}

  /**
   * Routes to these models.
   *
   * @param readers count the clients that did not read; stay the caller's
   * @param maxBody bytes of a request
   * @param maxAnswer bytes of an answer that is not streamed
   * @param mixedNumerics whether answers say that replicas may give other bits
   */
  public static List<Route> of(
      ModelCatalog catalog,
      GenerationReader generations,
      SlowReaders readers,
      int maxBody,
      long maxAnswer,
      boolean mixedNumerics) {
    Answers answers =
        new Answers(mixedNumerics ? Map.of(MixedNumericsHeader.NAME, "true") : Map.of());
    var models = new ModelsHandler(catalog, answers, Instant.now().getEpochSecond());
    var completions =
        new OpenAiHandler(
            generations,
            readers,
            answers,
            maxAnswer,
            CompletionReader::read,
            CompletionFormat::new);
    var chat =
        new OpenAiHandler(
            generations, readers, answers, maxAnswer, ChatReader::read, ChatFormat::new);
    return List.of(
        Route.get("/v1/models", models::list),
        Route.get("/v1/models/*", models::one),
        Route.post("/v1/completions", JSON, maxBody, completions),
        Route.post("/v1/chat/completions", JSON, maxBody, chat));
  }
}
