package io.ennead.router.model;

/**
 * One message of a conversation.
 *
 * @param role who speaks, such as "user"; the model's template knows which there are
 * @param content what is said
 */
public record ChatMessage(String role, String content) {}
