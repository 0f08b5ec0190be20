package io.ennead.cli.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DashboardsTest {
  private static final String SOURCE = "${datasource}";
  private static final int COLUMNS = 24;

  static List<Path> dashboards() throws IOException {
    return MonitoringFiles.dashboards();
  }

  @Test
  void thereAreTwo() throws IOException {
    assertThat(dashboards())
        .extracting(file -> file.getFileName().toString())
        .containsExactly("experts.json", "overview.json");
  }

  /** What Grafana's dashboard schema asks for. */
  @ParameterizedTest
  @MethodSource("dashboards")
  void everyDashboardHasWhatGrafanaAsksFor(Path file) throws IOException {
    JsonNode dashboard = MonitoringFiles.json(file);
    assertThat(dashboard.path("uid").asText()).matches("[a-z-]{1,40}");
    assertThat(dashboard.path("title").asText()).isNotBlank();
    assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(36);
    assertThat(dashboard.at("/templating/list/0/type").asText()).isEqualTo("datasource");
    assertThat(dashboard.at("/templating/list/0/name").asText()).isEqualTo("datasource");
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(ids.add(panel.path("id").asInt())).as("its own id: %s", panel).isTrue();
      assertThat(panel.path("title").asText()).isNotBlank();
      assertThat(panel.path("type").asText()).isIn("row", "stat", "gauge", "timeseries");
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void everyPanelAsksTheChosenSourceAndSaysWhatItShows(Path file) throws IOException {
    for (JsonNode panel : panels(file)) {
      assertThat(panel.path("description").asText()).as(panel.path("title").asText()).isNotBlank();
      assertThat(panel.at("/datasource/uid").asText()).isEqualTo(SOURCE);
      assertThat(panel.path("targets")).isNotEmpty();
      Set<String> references = new HashSet<>();
      for (JsonNode target : panel.path("targets")) {
        assertThat(target.at("/datasource/uid").asText()).isEqualTo(SOURCE);
        assertThat(references.add(target.path("refId").asText())).isTrue();
        assertThat(target.path("expr").asText()).isNotBlank();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dashboards")
  void noPanelLiesOnAnother(Path file) throws IOException {
    Set<List<Integer>> taken = new HashSet<>();
    for (JsonNode panel : MonitoringFiles.json(file).path("panels")) {
      JsonNode place = panel.path("gridPos");
      int left = place.path("x").asInt();
      int top = place.path("y").asInt();
      assertThat(left + place.path("w").asInt()).isLessThanOrEqualTo(COLUMNS);
      for (int x = left; x < left + place.path("w").asInt(); x++) {
        for (int y = top; y < top + place.path("h").asInt(); y++) {
          assertThat(taken.add(List.of(x, y))).as(panel.path("title").asText()).isTrue();
        }
      }
    }
  }

  private static List<JsonNode> panels(Path file) throws IOException {
    return StreamSupport.stream(MonitoringFiles.json(file).path("panels").spliterator(), false)
        .filter(panel -> !panel.path("type").asText().equals("row"))
        .toList();
  }
}
