package io.ennead.cli.survival;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.survival.HistoryChecker.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checker passes what is right, and finds each thing that can be wrong. */
class HistoryCheckerTest {
  private static final List<Integer> TOKENS = List.of(5, 6, 7);
  private static final List<Double> LOGPROBS = List.of(-1.0, -2.0, -0.5);
  private static final Oracle ORACLE = new Oracle(Map.of(0, new Oracle.Answer(TOKENS, LOGPROBS)));

  private final HistoryChecker checker =
      new HistoryChecker(ORACLE, Optional.of(Duration.ofSeconds(1)));

  @Test
  void theOraclesAnswerInTimeIsRight() {
    assertThat(checker.check(List.of(line().build()))).isEmpty();
  }

  @Test
  void aWrongTokenIsFound() {
    assertFound(Kind.WRONG_ANSWER, line().tokens(List.of(5, 6, 8)));
  }

  @Test
  void aLogprobThatIsOffByABitIsFound() {
    assertFound(Kind.WRONG_ANSWER, line().logprobs(List.of(-1.0, Math.nextUp(-2.0), -0.5)));
  }

  @Test
  void aMissingTokenIsFound() {
    assertFound(
        Kind.WRONG_ANSWER, line().tokens(TOKENS.subList(0, 2)).logprobs(LOGPROBS.subList(0, 2)));
  }

  @Test
  void anAnswerWithoutItsLastPieceIsFound() {
    assertFound(Kind.WRONG_ANSWER, line().finishes(0));
  }

  @Test
  void wrongTokensBeforeAnErrorAreFound() {
    assertFound(
        Kind.WRONG_ANSWER,
        failed("UNAVAILABLE", "EXPERT_UNREACHABLE").tokens(List.of(9)).logprobs(List.of(-1.0)));
  }

  @Test
  void aDegradedAnswerMayDiffer() {
    assertThat(checker.check(List.of(line().tokens(List.of(1)).degraded().build()))).isEmpty();
  }

  @Test
  void aFlagWithoutItsTrailerIsFound() {
    assertFound(Kind.HALF_FLAGGED, line().degraded().trailer(false));
    assertFound(Kind.HALF_FLAGGED, line().trailer(true));
  }

  @Test
  void aMissingEndIsFound() {
    assertFound(Kind.NO_END, line().end(-1));
  }

  @Test
  void anEndAfterTheDeadlineAndItsMarginIsFound() {
    assertThat(checker.check(List.of(line().limit(850_000).build()))).isEmpty();
    assertFound(Kind.LATE_END, line().limit(750_000));
  }

  @Test
  void aStallIsFound() {
    assertFound(Kind.STALL, line().times(List.of(100_000L, 1_200_000L, 1_300_000L)).end(1_400_000));
  }

  @Test
  void aStallBeforeTheFirstTokenIsFound() {
    assertFound(
        Kind.STALL, line().times(List.of(1_100_000L, 1_200_000L, 1_300_000L)).end(1_400_000));
  }

  @Test
  void anUntypedErrorIsFound() {
    assertFound(Kind.UNTYPED_ERROR, failed("UNAVAILABLE", ""));
  }

  @Test
  void typedErrorsAndTheEndsThatGrpcMakesAreRight() {
    assertThat(
            checker.check(
                List.of(
                    failed("UNAVAILABLE", "EXPERT_UNREACHABLE").id(1).response("a").build(),
                    failed("DEADLINE_EXCEEDED", "").id(2).response("b").build(),
                    failed("CANCELLED", "").id(3).response("c").build())))
        .isEmpty();
  }

  @Test
  void twoLastPiecesAreFound() {
    assertFound(Kind.ANSWERED_TWICE, line().finishes(2));
  }

  @Test
  void aResponseGivenToTwoRequestsIsFound() {
    assertThat(checker.check(List.of(line().build(), line().id(2).build())))
        .extracting(HistoryChecker.Violation::kind)
        .containsExactly(Kind.ANSWERED_TWICE);
  }

  @Test
  void aHistoryIsReadBackAsItWasWritten(@TempDir Path directory) throws Exception {
    History history = History.open(directory.resolve("history.jsonl"));
    history.ended(line().build());
    Recording hanging = history.begin(0, "test", 5);
    history.close();
    List<HistoryLine> read = History.read(history.file());
    assertThat(read).isEqualTo(history.lines()).hasSize(2).startsWith(line().build());
    assertThat(read.get(1).id()).isEqualTo(hanging.id());
    assertThat(read.get(1).isEnded()).isFalse();
  }

  private void assertFound(Kind kind, LineBuilder line) {
    assertThat(checker.check(List.of(line.build())))
        .extracting(HistoryChecker.Violation::kind)
        .contains(kind);
  }

  private static LineBuilder line() {
    return new LineBuilder();
  }

  private static LineBuilder failed(String status, String reason) {
    return line().status(status, reason).finishes(0);
  }

  /** A line that is right, until told otherwise. */
  private static final class LineBuilder {
    private long id = 1;
    private long limit = 2_000_000;
    private List<Long> times = List.of(200_000L, 300_000L, 400_000L);
    private long end = 900_000;
    private String status = "OK";
    private String reason = "";
    private List<Integer> tokens = TOKENS;
    private List<Double> logprobs = LOGPROBS;
    private boolean degraded;
    private boolean trailer;
    private int finishes = 1;
    private String response = "r";

    LineBuilder id(long value) {
      id = value;
      return this;
    }

    LineBuilder limit(long micros) {
      limit = micros;
      return this;
    }

    LineBuilder times(List<Long> micros) {
      times = micros;
      return this;
    }

    LineBuilder end(long micros) {
      end = micros;
      return this;
    }

    LineBuilder status(String code, String why) {
      status = code;
      reason = why;
      return this;
    }

    LineBuilder tokens(List<Integer> ids) {
      tokens = ids;
      return this;
    }

    LineBuilder logprobs(List<Double> values) {
      logprobs = values;
      return this;
    }

    LineBuilder degraded() {
      degraded = true;
      return trailer(true);
    }

    LineBuilder trailer(boolean value) {
      trailer = value;
      return this;
    }

    LineBuilder finishes(int count) {
      finishes = count;
      return this;
    }

    LineBuilder response(String value) {
      response = value;
      return this;
    }

    HistoryLine build() {
      return new HistoryLine(
          id,
          0,
          "test",
          0,
          limit,
          times,
          end,
          status,
          reason,
          "",
          tokens,
          logprobs,
          degraded,
          trailer,
          finishes,
          false,
          List.of(response));
    }
  }
}
