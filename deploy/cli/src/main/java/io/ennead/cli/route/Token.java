package io.ennead.cli.route;

/**
 * A token of a sequence.
 *
 * @param text what it adds to the text; may be empty
 * @param part whether it ends in the beginning of a character, which stands at the token that
 *     completes it
 */
public record Token(int id, String text, boolean part) {}
