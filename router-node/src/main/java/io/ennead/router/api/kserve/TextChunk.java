package io.ennead.router.api.kserve;

import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.Piece;
import io.ennead.router.sample.TokenLogProb;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What one response tells of the continuations of a prompt. Used by one thread at a time. */
final class TextChunk {
  private final List<Part> parts;
  private final double[] logprobs;

  /**
   * Nothing yet.
   *
   * @param logprobs sums over the continuations so far, one each; what is added counts there
   */
  TextChunk(double[] logprobs) {
    this.parts = IntStream.range(0, logprobs.length).mapToObj(index -> new Part()).toList();
    this.logprobs = logprobs;
  }

  /** One continuation. */
  static final class Part {
    private final StringBuilder text = new StringBuilder();
    private final List<Integer> ids = new ArrayList<>();
    private final List<TokenLogProb> logprobs = new ArrayList<>();
    private Optional<FinishInfo> finish = Optional.empty();

    String text() {
      return text.toString();
    }

    int[] ids() {
      return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** One of each id, where they were asked for. */
    List<TokenLogProb> logprobs() {
      return logprobs;
    }

    /** Empty while it goes on. */
    Optional<FinishInfo> finish() {
      return finish;
    }
  }

  void add(Piece piece) {
    Part part = parts.get(piece.index());
    part.text.append(piece.text());
    Arrays.stream(piece.tokenIds()).forEach(part.ids::add);
    part.logprobs.addAll(piece.logprobs());
    for (TokenLogProb token : piece.logprobs()) {
      logprobs[piece.index()] += token.logProb();
    }
  }

  void add(FinishInfo info) {
    parts.get(info.index()).finish = Optional.of(info);
  }

  List<Part> parts() {
    return parts;
  }

  /** Sums of log-probabilities from the beginning of each continuation. */
  double[] cumulativeLogprobs() {
    return logprobs.clone();
  }

  /** Whether a continuation ends in it. */
  boolean ends() {
    return parts.stream().anyMatch(part -> part.finish.isPresent());
  }
}
