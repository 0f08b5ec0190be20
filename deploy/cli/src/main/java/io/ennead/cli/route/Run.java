package io.ennead.cli.route;

import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Model;
import java.util.List;

/**
 * A request that was traced, and its response.
 *
 * @param tokens of the prompt, then of the continuation
 * @param promptTokens how many of them are the prompt's
 */
public record Run(
    Model model,
    GenerateRequest request,
    List<Token> tokens,
    int promptTokens,
    Trace trace,
    Finish finish,
    String responseId) {

  /** Whether a position is the continuation's. */
  public boolean generated(int position) {
    return position >= promptTokens;
  }

  /** The ids up to a position, itself included. */
  List<Integer> idsUpTo(int position) {
    return tokens.subList(0, position + 1).stream().map(Token::id).toList();
  }
}
