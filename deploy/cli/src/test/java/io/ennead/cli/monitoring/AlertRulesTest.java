package io.ennead.cli.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class AlertRulesTest {
  private static final Path NO_INPUT = Path.of("/dev/null");
  private static final Path TESTS = MonitoringFiles.PROMETHEUS.resolve("tests");

  @Test
  void promtoolTakesConfigurationAndRules() throws Exception {
    Tools.require("promtool");
    assertDone(MonitoringFiles.PROMETHEUS, "promtool", "check", "config", "prometheus.yml");
    assertDone(MonitoringFiles.PROMETHEUS, "promtool", "check", "rules", "rules/ennead.yml");
  }

  @Test
  void eachAlertFiresAndStaysQuietAsItsTestsSay() throws Exception {
    Tools.require("promtool");
    assertDone(TESTS, "promtool", "test", "rules", "ennead.yml");
  }

  private static void assertDone(Path directory, String... command) throws Exception {
    Tools.Result result = Tools.run(directory, NO_INPUT, List.of(command));
    assertThat(result.code()).as(result.output()).isZero();
  }

  @Test
  void eachAlertHasBothTests() throws IOException {
    String tests = Files.readString(TESTS.resolve("ennead.yml"));
    for (JsonNode rule : MonitoringFiles.rules()) {
      String name = rule.path("alert").asText();
      assertThat(tests).contains("name: " + name + " fires\n", "name: " + name + " stays quiet\n");
    }
  }

  @Test
  void eachAlertsPageSaysWhatItMeansAndWhatToDo() throws IOException {
    List<String> sections = List.of(Files.readString(MonitoringFiles.ALERTS).split("\n## "));
    assertThat(sections).hasSize(1 + MonitoringFiles.rules().size());
    for (JsonNode rule : MonitoringFiles.rules()) {
      String name = rule.path("alert").asText();
      assertThat(rule.at("/annotations/runbook_url").asText())
          .isEqualTo("docs/alerts.md#" + name.toLowerCase(Locale.ROOT));
      assertThat(sections)
          .filteredOn(section -> section.startsWith(name + "\n"))
          .singleElement()
          .asString()
          .contains(rule.path("expr").asText(), rule.at("/labels/severity").asText())
          .contains("**Means:** ", "**Do:** ");
    }
  }
}
