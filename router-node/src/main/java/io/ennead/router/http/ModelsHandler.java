package io.ennead.router.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.errors.ServingException;
import io.ennead.node.http.Exchange;
import io.ennead.router.api.ModelCatalog;
import io.ennead.router.generate.ModelInfo;

/** Lists the models. Safe for use by several threads. */
final class ModelsHandler {
  private final ModelCatalog catalog;
  private final Answers answers;
  private final long started;

  /**
   * Of a catalog.
   *
   * @param started when it began to serve them, in seconds since 1970
   */
  ModelsHandler(ModelCatalog catalog, Answers answers, long started) {
    this.catalog = catalog;
    this.answers = answers;
    this.started = started;
  }

  void list(Exchange exchange) {
    ObjectNode list = Json.object().put("object", "list");
    ArrayNode models = list.putArray("data");
    catalog.all().forEach(model -> models.add(describe(model.info())));
    exchange.answer(answers.ok(list));
  }

  void one(Exchange exchange) {
    String name = exchange.request().path().substring("/v1/models/".length());
    try {
      exchange.answer(answers.ok(describe(catalog.find(name).info())));
    } catch (ServingException e) {
      exchange.answer(answers.failure(e));
    }
  }

  private ObjectNode describe(ModelInfo model) {
    return Json.object()
        .put("id", model.name())
        .put("object", "model")
        .put("created", started)
        .put("owned_by", "ennead")
        .put("max_model_len", model.contextLength());
  }
}
