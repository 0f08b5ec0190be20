package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

class TextTest {

  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    StringWriter out = new StringWriter();
    new Table().row("a", "b", "c").row("long", 1, "").row("x").print(new PrintWriter(out));
    assertThat(out.toString().lines()).containsExactly("a     b  c", "long  1  ", "x");
  }

  @Test
  void quotedTextStaysOnOneLine() {
    assertThat(Quoted.of("a\n\t\"\\\u0007é")).isEqualTo("\"a\\n\\t\\\"\\\\\\u0007é\"");
  }

  @Test
  void durationsHaveAUnit() {
    DurationConverter converter = new DurationConverter();
    assertThat(converter.convert("500ms")).isEqualTo(Duration.ofMillis(500));
    assertThat(converter.convert("2m")).isEqualTo(Duration.ofMinutes(2));
    assertThatThrownBy(() -> converter.convert("5")).isInstanceOf(TypeConversionException.class);
    assertThatThrownBy(() -> converter.convert("-5s")).isInstanceOf(TypeConversionException.class);
  }

  @Test
  void temperaturesMayBeInfinite() {
    TemperatureConverter converter = new TemperatureConverter();
    assertThat(converter.convert("INF")).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(converter.convert("0.7")).isEqualTo(0.7);
    assertThatThrownBy(() -> converter.convert("hot")).hasMessageContaining("hot");
  }

  @Test
  void theDemoModelIsFoundAboveTheProgramOrInEnneadHome(@TempDir Path checkout) throws Exception {
    Path model = Files.createDirectories(checkout.resolve("deploy/models/demo"));
    Path program = checkout.resolve("deploy/cli/target/ennead/lib/ennead-cli.jar");
    assertThat(Home.demoModel(Map.of(), program)).isEqualTo(model);
    assertThat(Home.demoModel(Map.of("ENNEAD_HOME", checkout.toString()), Path.of("/")))
        .isEqualTo(model);
    assertThatThrownBy(() -> Home.demoModel(Map.of("ENNEAD_HOME", "/nowhere"), program))
        .hasMessageContaining("/nowhere");
  }
}
