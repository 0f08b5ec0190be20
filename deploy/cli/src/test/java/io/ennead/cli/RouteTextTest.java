package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.route.Palette;
import io.ennead.cli.route.Run;
import io.ennead.cli.route.SyntheticGate;
import io.ennead.cli.route.Token;
import io.ennead.cli.route.Trace;
import io.ennead.cli.route.TraceAssembly;
import io.ennead.v1.Finish;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Model;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RouteTextTest {
  private static final String END = "\u001b[0m";

  @Test
  void eachTokenStandsOnTheColourOfItsTopExpert() {
    Run run = run(SyntheticGate.of(1, 8, 2, 1), "a", "\u001b[2J", "c", "d");
    assertThat(printed(run, true, false).lines())
        .first()
        .isEqualTo(
            color(run, 0)
                + "a"
                + END
                + color(run, 1)
                + "␛[2J"
                + END
                + color(run, 2)
                + "\u001b[4mc"
                + END
                + "\u001b[4md"
                + END);
  }

  @Test
  void whereColoursComeAgainTheNumberFollows() {
    Run run = run(SyntheticGate.of(1, 20, 2, 1), "a", "b");
    int top = top(run, 0);
    String number =
        Integer.toString(top)
            .chars()
            .mapToObj(digit -> Character.toString('₀' + digit - '0'))
            .reduce("", String::concat);
    assertThat(printed(run, true, false))
        .startsWith(Palette.terminal(top) + "a" + number + END)
        .contains(" e" + top + " ");
  }

  @Test
  void withoutColoursAndMarksThereIsOnlyTheText() {
    assertThat(printed(run(SyntheticGate.of(1, 20, 2, 1), "a", "b"), false, false))
        .isEqualTo("ab\n");
  }

  @Test
  void aLineEndOfATokenEndsTheLine() {
    assertThat(printed(run(SyntheticGate.of(1, 8, 2, 1), "a\n", "b"), false, false))
        .isEqualTo("a⏎\nb\n");
  }

  private static String color(Run run, int token) {
    return Palette.terminal(top(run, token));
  }

  private static int top(Run run, int token) {
    return run.trace().layers().get(0).top(token).expert();
  }

  /** The last two tokens are generated, the last one has no trace. */
  private static Run run(SyntheticGate gate, String... texts) {
    List<Token> tokens =
        IntStream.range(0, texts.length).mapToObj(i -> new Token(i, texts[i], false)).toList();
    TraceAssembly assembly = new TraceAssembly();
    assembly.add(gate.piece(0, texts.length - 1).build());
    Trace trace = assembly.trace();
    return new Run(
        Model.getDefaultInstance(),
        GenerateRequest.getDefaultInstance(),
        tokens,
        Math.max(1, texts.length - 2),
        trace,
        Finish.getDefaultInstance(),
        "");
  }

  private static String printed(Run run, boolean colours, boolean marks) {
    StringWriter out = new StringWriter();
    new RouteText(run, 0, colours, marks).print(new PrintWriter(out, true));
    return out.toString();
  }
}
