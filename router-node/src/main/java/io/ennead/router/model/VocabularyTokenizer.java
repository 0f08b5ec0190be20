package io.ennead.router.model;

/** What tokenizers know of single tokens, from their table. */
abstract class VocabularyTokenizer implements TextTokenizer {
  private final TokenTable table;
  private final int longestTokenBytes;

  VocabularyTokenizer(TokenTable table) {
    this.table = table;
    this.longestTokenBytes = table.longestTokenBytes();
  }

  @Override
  public final byte[] bytes(int id) {
    return table.bytes(id);
  }

  @Override
  public final int longestTokenBytes() {
    return longestTokenBytes;
  }

  @Override
  public final String token(int id) {
    return table.token(id);
  }

  @Override
  public final boolean special(int id) {
    return table.special(id);
  }

  @Override
  public boolean marksEachByte() {
    return table.byteFallback();
  }

  @Override
  public final int vocabularySize() {
    return table.size();
  }
}
