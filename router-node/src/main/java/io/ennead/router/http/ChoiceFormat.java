package io.ennead.router.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ennead.v1.TokenLogprob;
import java.util.List;

/** How one of the two routes writes a choice. Safe for use by several threads. */
interface ChoiceFormat {
  /** What ids begin with. */
  String idPrefix();

  /** The kind of object that carries choices. */
  String object(boolean chunk);

  /** Writes what comes before a choice's first text in a stream; false when nothing does. */
  boolean opening(ObjectNode choice);

  /** Writes a part of a choice's text. */
  void part(ObjectNode choice, String text);

  /** Writes that a choice's text is complete. */
  void closing(ObjectNode choice);

  /** Writes a choice's whole text. */
  void whole(ObjectNode choice, String text);

  /** Tokens and how likely they were; {@code offset} is where the first begins in the text. */
  JsonNode logprobs(List<TokenLogprob> tokens, int offset);

  /** How many characters of the text are told to belong to a token. */
  int length(TokenLogprob token);
}
