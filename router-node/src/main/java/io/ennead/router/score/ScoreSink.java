package io.ennead.router.score;

import io.ennead.router.generate.ScoreTrace;
import io.ennead.router.generate.ScoredToken;
import io.ennead.router.sample.SoftLabel;
import java.util.List;

/**
 * Takes the scores of one text in order. Called by one thread at a time; every call ends quickly.
 */
public interface ScoreSink {

  /**
   * The scores of the next tokens that count. The receiver calls {@link TextScoring#taken} when it
   * is done with them.
   */
  void scored(List<ScoredToken> tokens);

  /**
   * The labels of the next places, in the place of scores when the job asks for them. The receiver
   * calls {@link TextScoring#taken} when it is done with them.
   */
  default void labelled(List<SoftLabel> labels) {}

  /** How the tokens of a window were routed, when the job asks for it; after its scores. */
  default void traced(ScoreTrace trace) {}

  /** Everything is scored. The last call. */
  void finished(TextScores scores);

  /** The text ends with an error. The last call. */
  void failed(Throwable failure);
}
