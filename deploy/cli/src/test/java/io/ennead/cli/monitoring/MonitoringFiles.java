package io.ennead.cli.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What deploy/monitoring and docs hold. */
final class MonitoringFiles {
  static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  static final Path PROMETHEUS = ROOT.resolve("deploy/monitoring/prometheus");
  static final Path RULES = PROMETHEUS.resolve("rules/ennead.yml");
  static final Path DASHBOARDS = ROOT.resolve("deploy/monitoring/grafana/dashboards");
  static final Path METRICS = ROOT.resolve("docs/metrics.md");
  static final Path ALERTS = ROOT.resolve("docs/alerts.md");

  private static final Pattern METRIC =
      Pattern.compile("\\b(?:ennead|grpc|jvm|process)_[a-z0-9_]+");

  private MonitoringFiles() {}

  static List<Path> dashboards() throws IOException {
    try (Stream<Path> files = Files.list(DASHBOARDS)) {
      return files.sorted().toList();
    }
  }

  static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  /** The alerting rules, in the order of the file. */
  static List<JsonNode> rules() throws IOException {
    List<JsonNode> rules = new ArrayList<>();
    for (JsonNode group : new YAMLMapper().readTree(RULES.toFile()).path("groups")) {
      group.path("rules").forEach(rules::add);
    }
    return rules;
  }

  /** The queries of a dashboard's panels, with its variables as for all of their values. */
  static List<String> queries(Path dashboard) throws IOException {
    List<String> queries = new ArrayList<>();
    for (JsonNode panel : json(dashboard).path("panels")) {
      panel.path("targets").forEach(target -> queries.add(query(target.path("expr").asText())));
    }
    return queries;
  }

  private static String query(String expr) {
    return expr.replace("$__rate_interval", "1m").replaceAll("\\$[a-z]+", ".*");
  }

  /** Every query of every panel and rule. */
  static List<String> queries() throws IOException {
    List<String> queries = new ArrayList<>();
    for (Path dashboard : dashboards()) {
      queries.addAll(queries(dashboard));
    }
    rules().forEach(rule -> queries.add(rule.path("expr").asText()));
    return queries;
  }

  /** The families that a query reads. */
  static Set<String> families(String query) {
    Set<String> names = new TreeSet<>();
    Matcher matcher =
        METRIC.matcher(query.replaceAll("\\{[^}]*}|\"[^\"]*\"|\\bby \\([^)]*\\)", ""));
    while (matcher.find()) {
      names.add(matcher.group().replaceAll("_(bucket|sum|count)$", ""));
    }
    return names;
  }
}
