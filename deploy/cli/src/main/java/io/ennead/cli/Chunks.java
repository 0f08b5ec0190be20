package io.ennead.cli;

import io.ennead.client.EnneadClient;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.TokenIds;
import io.ennead.v1.TokenizeRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a text into chunks that are scored by themselves, each after the special tokens that the
 * tokenizer puts in front of a text: what losses of model cards usually mean by "windows of n".
 */
final class Chunks {
  private Chunks() {}

  /** Chunks of {@code length} tokens, fewer in the last. */
  static List<ScoreRequest.Builder> of(
      EnneadClient client, String text, int length, Duration limit) {
    List<Integer> ids = tokens(client, text, false, limit);
    int plain = tokens(client, text, true, limit).size();
    List<Integer> front = ids.subList(0, ids.size() - plain);
    List<Integer> rest = ids.subList(front.size(), ids.size());
    List<ScoreRequest.Builder> chunks = new ArrayList<>();
    for (int at = 0; at < rest.size(); at += length) {
      List<Integer> chunk = rest.subList(at, Math.min(rest.size(), at + length));
      TokenIds.Builder tokens = TokenIds.newBuilder().addAllIds(front).addAllIds(chunk);
      chunks.add(ScoreRequest.newBuilder().setTokenIds(tokens).setFrom(Math.max(1, front.size())));
    }
    return chunks;
  }

  private static List<Integer> tokens(
      EnneadClient client, String text, boolean omitSpecial, Duration limit) {
    return client
        .tokenize(
            TokenizeRequest.newBuilder().setText(text).setOmitSpecialTokens(omitSpecial).build(),
            limit)
        .getIdsList();
  }
}
