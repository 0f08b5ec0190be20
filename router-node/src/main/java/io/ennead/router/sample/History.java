package io.ennead.router.sample;

import java.util.Arrays;

/** The tokens of a sequence: those of its prompt, which is not copied, and those drawn since. */
final class History {
  private final int[] prompt;
  private int[] drawn = new int[16];
  private int count;

  History(int[] prompt) {
    this.prompt = prompt;
  }

  int size() {
    return prompt.length + count;
  }

  int promptLength() {
    return prompt.length;
  }

  /** Tokens drawn. */
  int drawn() {
    return count;
  }

  int get(int index) {
    return index < prompt.length ? prompt[index] : drawn[index - prompt.length];
  }

  void append(int token) {
    if (count == drawn.length) {
      drawn = Arrays.copyOf(drawn, 2 * count);
    }
    drawn[count++] = token;
  }
}
