package io.ennead.cli.adapt;

import java.util.List;
import java.util.Random;

/**
 * A user who sees nothing but the text of a response, in the pieces in which it was streamed, and
 * judges each by a fixed rule. For experiments (deploy/learn/feedback.sh).
 */
public enum SimulatedRater {
  /** Likes punctuation: a piece with a mark is good, any other bad. */
  PUNCTUATION {
    @Override
    double rate(String piece, Random random) {
      return piece.chars().anyMatch(one -> ".,;:!?\"'()-".indexOf(one) >= 0) ? 1 : -1;
    }
  },
  /** Likes short words: a piece that begins a word is good, any other bad. */
  SHORT_WORDS {
    @Override
    double rate(String piece, Random random) {
      return piece.startsWith(" ") || piece.startsWith("\n") ? 1 : -1;
    }
  },
  /** Throws a coin, whatever the text. */
  RANDOM {
    @Override
    double rate(String piece, Random random) {
      return random.nextBoolean() ? 1 : -1;
    }
  };

  /** A rating for each piece, -1 or 1. */
  public List<Double> rate(List<String> pieces, Random random) {
    return pieces.stream().map(piece -> rate(piece, random)).toList();
  }

  abstract double rate(String piece, Random random);
}
