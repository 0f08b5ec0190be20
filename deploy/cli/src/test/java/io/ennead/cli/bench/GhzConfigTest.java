package io.ennead.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.cli.bench.GhzConfig.Security;
import io.ennead.v1.GenerateRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GhzConfigTest {
  @TempDir private Path directory;

  @Test
  void theFileThatComesWithTheProjectIsRead() throws IOException {
    GhzConfig config = GhzConfig.read(Path.of("../loadtest/ghz/stream-closed-loop.json"));
    assertThat(config.name()).contains("stream-closed-loop");
    assertThat(config.tags()).isEqualTo(Map.of("kind", "server-stream", "expect", "OK"));
    assertThat(config.host()).contains("127.0.0.1:8470");
    assertThat(config.total()).hasValue(200);
    assertThat(config.concurrency()).hasValue(16);
    assertThat(config.connections()).hasValue(2);
    assertThat(config.timeout()).contains(Duration.ofMinutes(1));
    assertThat(config.rps()).isEmpty();
    GivenRequests requests = new GivenRequests(config.data());
    GenerateRequest first = requests.get();
    assertThat(first.getText()).isEqualTo("Once upon a time, in request 0,");
    assertThat(first.getSampling().getSeed()).isZero();
    assertThat(requests.get().getText()).isEqualTo("Once upon a time, in request 1,");
    assertThat(first.getStopping().getMaxTokens()).isEqualTo(32);
  }

  @Test
  void everyKeyIsRead() throws IOException {
    assertThat(
            read(
                """
                {"name": "n", "tags": {"a": "b"}, "host": "h:1", "total": 5, "concurrency": 2,
                 "connections": 3, "rps": 7, "duration": "1m30s", "timeout": "500ms",
                 "output": "o.json", "format": "json", "data": [{"text": "a"}, {"text": "b"}],
                 "insecure": true, "duration-stop": "wait", "async": true, "proto": "x.proto",
                 "call": "ennead.v1.InferenceService.Generate"}
                """))
        .isEqualTo(
            new GhzConfig(
                Optional.of("n"),
                Map.of("a", "b"),
                Optional.of("h:1"),
                Optional.empty(),
                OptionalInt.of(5),
                OptionalInt.of(2),
                OptionalInt.of(3),
                OptionalDouble.of(7),
                Optional.of(Duration.ofSeconds(90)),
                Optional.of(Duration.ofMillis(500)),
                Optional.of("o.json"),
                Optional.of("json"),
                List.of("{\"text\":\"a\"}", "{\"text\":\"b\"}")));
    assertThat(read("{}")).isEqualTo(GhzConfig.EMPTY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"call\": \"other.Call\"}|call: \"other.Call\" (expected: ennead.v1.Inf",
        "{\"insecure\": \"no\"}|insecure: \"no\" (expected: true or false",
        "{\"duration-stop\": \"close\"}|duration-stop: \"close\" (expected: wait",
        "{\"stream-call-count\": 3}|stream-call-count: 3 (expected: not set",
        "{\"total\": -1}|total: -1 (expected: a whole number",
        "{\"total\": 1.5}|total: 1.5 (expected: a whole number",
        "{\"rps\": \"fast\"}|rps: \"fast\" (expected: a number",
        "{\"timeout\": \"20\"}|timeout: \"20\" (expected: a duration such as",
        "{\"data\": 3}|data: 3 (expected: a request",
        "{\"cert\": \"a\"}|key: none (expected: a file: cert and key go together",
        "{\"key\": \"a\"}|cert: none (expected: a file: cert and key go together",
        "[]|config.json: no object of keys"
      })
  void whatARunDoesNotDoIsRefusedByKey(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(GhzConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void tomlAndYamlSayTheSame() throws IOException {
    GhzConfig json =
        read(
            """
            {"name": "n", "tags": {"a": "b"}, "total": 5, "rps": 2.5, "timeout": "500ms",
             "insecure": true, "data": [{"text": "a", "stopping": {"maxTokens": 3}}]}
            """);
    assertThat(
            read(
                "config.toml",
                """
                name = "n"
                total = 5
                rps = 2.5
                timeout = "500ms"
                insecure = true
                [tags]
                a = "b"
                [[data]]
                text = "a"
                stopping = { maxTokens = 3 }
                """))
        .isEqualTo(json);
    String yaml =
        """
        name: n
        tags: {a: b}
        total: 5
        rps: 2.5
        timeout: 500ms
        insecure: true
        data:
          - text: a
            stopping: {maxTokens: 3}
        """;
    assertThat(read("config.yaml", yaml)).isEqualTo(json);
    assertThat(read("config.YML", yaml)).isEqualTo(json);
  }

  @Test
  void securityIsWhatTheFileSays() throws IOException {
    Security files =
        new Security(
            Optional.of(Path.of("ca.pem")),
            Optional.of(Path.of("me.pem")),
            Optional.of(Path.of("me.key")));
    String named = "\"cacert\": \"ca.pem\", \"cert\": \"me.pem\", \"key\": \"me.key\"";
    assertThat(read("{" + named + "}").security()).contains(files);
    assertThat(read("{" + named + ", \"insecure\": true}").security()).isEmpty();
    assertThat(read("{\"insecure\": false}").security()).contains(Security.OF_JAVA);
    assertThat(read("{\"cacert\": \"\"}").security()).isEmpty();
  }

  @Test
  void keysWithoutAValueSayNothing() throws IOException {
    String yaml =
        """
        host:
        cacert:
        key: ~
        insecure:
        total:
        data:
        """;
    assertThat(read("config.yaml", yaml)).isEqualTo(GhzConfig.EMPTY);
    assertThat(read("{\"rps\": null, \"duration\": null}")).isEqualTo(GhzConfig.EMPTY);
  }

  @Test
  void anAliasIsNotTakenForItsName() {
    String yaml = "data: [{text: &p long}, {text: *p}]";
    assertThatThrownBy(() -> read("config.yaml", yaml))
        .isInstanceOf(GhzConfigException.class)
        .hasMessage("config.yaml: *p (expected: values, no aliases)");
  }

  @ParameterizedTest
  @CsvSource({
    "config.json, name: n, no JSON",
    "config.toml, name: n, no TOML",
    "config.yaml, 'name: [', no YAML",
    "config.yaml, '', no object of keys"
  })
  void whatIsNotOfItsFormatIsSaidNotToBe(String name, String text, String message) {
    assertThatThrownBy(() -> read(name, text))
        .isInstanceOf(GhzConfigException.class)
        .hasMessageContaining(name + ": " + message);
  }

  @ParameterizedTest
  @CsvSource({"20s, 20000", "1m30s, 90000", "1.5h, 5400000", "250ms, 250", "2m, 120000"})
  void durationsAreGos(String text, long millis) {
    assertThat(GoDuration.parse(text)).contains(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20", "s", "-1s", "1s ", "0s", "1d", "1s2"})
  void otherTextsAreNoDurations(String text) {
    assertThat(GoDuration.parse(text)).isEmpty();
  }

  @Test
  void requestsThatAreNoneAreRefused() {
    assertThatThrownBy(() -> new GivenRequests(List.of("{\"txt\": 1}")))
        .isInstanceOf(GhzConfigException.class)
        .hasMessageContaining("txt");
    assertThatThrownBy(() -> new GivenRequests(List.of("{\"text\": \"{{.UUID}}\"}")))
        .hasMessageContaining("no template but {{.RequestNumber}}");
  }

  private GhzConfig read(String json) throws IOException {
    return read("config.json", json);
  }

  private GhzConfig read(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, text);
    return GhzConfig.read(file);
  }
}
