package io.ennead.router.generate;

import io.ennead.router.generate.LiveRequest.Phase;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * The sequences that run or wait, at one moment between two steps.
 *
 * @param oldest in order of arrival
 * @param all how many there are
 */
public record LiveRequests(List<LiveRequest> oldest, int all) {
  /** Copies. */
  public LiveRequests {
    oldest = List.copyOf(oldest);
  }

  /**
   * Looks at a scheduler, on its thread.
   *
   * @param most how many to tell of
   * @param promptTokens how many tokens of each prompt to tell
   */
  static LiveRequests of(Scheduler scheduler, int most, int promptTokens) {
    long now = System.nanoTime();
    List<Sequence> all = scheduler.all();
    Comparator<Sequence> byAge = Comparator.comparingLong(sequence -> sequence.arrived() - now);
    List<LiveRequest> oldest =
        all.stream()
            .sorted(byAge)
            .limit(most)
            .map(sequence -> of(sequence, now, promptTokens))
            .toList();
    return new LiveRequests(oldest, all.size());
  }

  private static LiveRequest of(Sequence sequence, long now, int promptTokens) {
    int told = Math.min(promptTokens, sequence.promptLength());
    return new LiveRequest(
        sequence.task().id(),
        phase(sequence),
        sequence.promptLength(),
        sequence.promptComputed(),
        sequence.generated(),
        sequence.task().maxTokens(),
        Duration.ofNanos(now - sequence.arrived()),
        sequence.promptTokens(0, told).array());
  }

  private static Phase phase(Sequence sequence) {
    if (sequence.blocks().length == 0) { // it gets them with its place
      return Phase.WAITING;
    }
    if (sequence.inTrouble()) {
      return Phase.SET_ASIDE;
    }
    return sequence.prefilling() ? Phase.PREFILL : Phase.DECODE;
  }
}
