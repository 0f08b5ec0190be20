package io.ennead.cli.survival;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;

/**
 * What a client saw of one request. Times are microseconds from the start of the history.
 *
 * @param id of the request in its history
 * @param request which of the known requests it was; -1: one that nobody knows the answer to
 * @param client who sent it
 * @param limitMicros how long it may take: its deadline
 * @param tokenMicros when each token came
 * @param endMicros when it ended; -1: it did not
 * @param status gRPC's code
 * @param reason of our ErrorInfo; empty when there is none
 * @param message of the status
 * @param tokens ids
 * @param logprobs of the tokens
 * @param degraded whether the answer says that experts were left out
 * @param degradedTrailer whether the trailer x-degraded-experts came
 * @param finishes last pieces that came
 * @param pieceAfterFinish whether anything came after the last piece
 * @param responseIds different ones in its pieces
 */
record HistoryLine(
    long id,
    int request,
    String client,
    long startMicros,
    long limitMicros,
    List<Long> tokenMicros,
    long endMicros,
    String status,
    String reason,
    String message,
    List<Integer> tokens,
    List<Double> logprobs,
    boolean degraded,
    boolean degradedTrailer,
    int finishes,
    boolean pieceAfterFinish,
    List<String> responseIds) {

  @JsonIgnore
  boolean isEnded() {
    return endMicros >= 0;
  }

  @JsonIgnore
  boolean isOk() {
    return isEnded() && status.equals("OK");
  }

  /** How long it took from its start. */
  @JsonIgnore
  long durationMicros() {
    return endMicros - startMicros;
  }
}
