package io.ennead.router.feedback;

import java.util.Optional;

/**
 * One row of the database.
 *
 * @param receivedMillis when the rating came, since 1970
 * @param tenant who asked for the response and rated it; empty where nobody is asked who they are
 * @param modelFingerprint of the model that gave the response
 * @param profile that it was routed with, name@version or "none"
 * @param generatedTokens of the continuation
 * @param choices empty when no experts were drawn
 */
public record RatedResponse(
    ResponseKey key,
    long receivedMillis,
    String tenant,
    String modelFingerprint,
    String profile,
    int generatedTokens,
    Rating rating,
    Optional<LoggedChoices> choices) {}
