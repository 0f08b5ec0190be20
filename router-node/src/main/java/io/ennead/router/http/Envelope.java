package io.ennead.router.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.ennead.router.generate.ModelInfo;
import io.ennead.v1.Finish;
import io.ennead.v1.FinishReason;
import io.ennead.v1.GenerateResponse;

/**
 * What objects and choices of one response have in common.
 *
 * @param id of the response
 * @param created seconds since 1970
 * @param detailed whether choices tell what OpenAI has no words for, as {@code ennead}
 */
record Envelope(String id, long created, ModelInfo model, ChoiceFormat format, boolean detailed) {

  ObjectNode object(boolean chunk) {
    return Json.object()
        .put("id", id)
        .put("object", format.object(chunk))
        .put("created", created)
        .put("model", model.name())
        .put("system_fingerprint", model.fingerprint());
  }

  /** In OpenAI's words. */
  static String reason(Finish finish) {
    return finish.getReason() == FinishReason.FINISH_REASON_LENGTH ? "length" : "stop";
  }

  /** Adds what was asked for, and what must not go unsaid: that experts were missing. */
  void addDetails(ObjectNode choice, GenerateResponse response) {
    if (detailed) {
      add(choice, response);
    } else if (response.getFinish().hasDegraded()) {
      Finish degraded = Finish.newBuilder().setDegraded(response.getFinish().getDegraded()).build();
      add(choice, GenerateResponse.newBuilder().setFinish(degraded).build());
    }
  }

  private static void add(ObjectNode choice, GenerateResponse response) {
    GenerateResponse details =
        response.toBuilder().clearResponseId().clearIndex().clearText().clearLogprobs().build();
    choice.putRawValue("ennead", new RawValue(Json.text(details)));
  }
}
