package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.MoeServiceForwardRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LoadtestFilesTest {
  // Keys of ghz's configuration as its parser takes them; any other is silently ignored by ghz.
  private static final Set<String> GHZ_KEYS =
      Set.of(
          ("proto protoset call cacert cert key count-errors skipTLS skipFirst cname authority"
                  + " insecure total concurrency concurrency-schedule concurrency-start"
                  + " concurrency-end concurrency-step concurrency-step-duration"
                  + " concurrency-max-duration connections rps duration duration-stop max-duration"
                  + " timeout data data-file binary-file metadata metadata-file stream-interval"
                  + " stream-call-duration stream-call-count stream-dynamic-messages output format"
                  + " connect-timeout keepalive cpus import-paths name tags reflect-metadata debug"
                  + " host enable-compression async load-schedule load-start load-end load-step"
                  + " load-step-duration load-max-duration lb-strategy max-recv-message-size"
                  + " max-send-message-size disable-template-functions disable-template-data")
              .split(" "));

  static List<Path> ghzFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", "loadtest", "ghz"))) {
      return files.sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("ghzFiles")
  void everyKeyIsOneThatGhzKnows(Path file) throws IOException {
    assertThat(unknownKeys(new ObjectMapper().readTree(file.toFile()))).isEmpty();
  }

  @Test
  void aKeyThatGhzWouldIgnoreIsFound() throws IOException {
    JsonNode config = new ObjectMapper().readTree("{\"total\": 1, \"max-calls\": 2, \"RPS\": 3}");
    assertThat(unknownKeys(config)).containsExactly("RPS", "max-calls");
  }

  private static Set<String> unknownKeys(JsonNode config) {
    Set<String> keys = new TreeSet<>();
    config.fieldNames().forEachRemaining(keys::add);
    keys.removeAll(GHZ_KEYS);
    return keys;
  }

  @ParameterizedTest
  @MethodSource("ghzFiles")
  void everyFileSaysWhatMakesItsFiguresRight(Path file) throws IOException {
    JsonNode config = new ObjectMapper().readTree(file.toFile());
    assertThat(config.path("insecure").asBoolean()).as("plaintext").isTrue();
    assertThat(config.path("duration-stop").asText()).as("last calls count").isEqualTo("wait");
    assertThat(config.path("name").asText() + ".json").isEqualTo(file.getFileName().toString());
    assertThat(config.path("call").asText()).startsWith("ennead.v1.");
    assertThat(config.path("total").asInt()).isPositive();
    assertThat(config.path("tags").path("expect").asText()).isIn("OK", "Canceled");
  }

  @Test
  void theScriptRunsEveryFile() throws IOException {
    String script = Files.readString(Path.of("..", "loadtest", "run-ghz.sh"));
    String names =
        script.lines().filter(line -> line.startsWith("  set -- ")).findFirst().orElseThrow();
    assertThat(Stream.of(names.substring("  set -- ".length()).split(" ")).map(n -> n + ".json"))
        .containsExactlyInAnyOrderElementsOf(
            ghzFiles().stream().map(file -> file.getFileName().toString()).toList());
  }

  @Test
  void onlyTheStormIsCancelled() throws IOException {
    for (Path file : ghzFiles()) {
      JsonNode config = new ObjectMapper().readTree(file.toFile());
      assertThat(config.has("stream-call-count"))
          .as(file.toString())
          .isEqualTo(config.path("tags").path("expect").asText().equals("Canceled"));
    }
  }

  @Test
  void anExpertsRequestHoldsAlmost64KiBForExpert0(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("request.bin");
    String[] command = {"loadtest-data", "--service", "expert", "--tokens", "85", "--out"};
    CliRun run =
        CliRun.of(
            Stream.concat(Stream.of(command), Stream.of(file.toString())).toArray(String[]::new));
    assertThat(run.code()).isZero();
    try (InputStream stream = Files.newInputStream(file)) {
      var request = ExpertServiceForwardRequest.parseDelimitedFrom(stream);
      assertThat(request.getRows().getData().size()).isEqualTo(85 * 192 * 4);
      assertThat(request.getSlices(0).getExpert()).isZero();
      assertThat(request.getSlices(0).getRowsCount()).isEqualTo(85);
      assertThat(request.getModelFingerprint()).isNotEmpty();
    }
    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("{{");
  }

  @Test
  void binaryDataIsOneDelimitedRequestOfTheModelsWidth(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("request.bin");
    assertThat(CliRun.of("loadtest-data", "--out", file.toString()).code()).isZero();
    try (InputStream stream = Files.newInputStream(file)) {
      MoeServiceForwardRequest request = MoeServiceForwardRequest.parseDelimitedFrom(stream);
      assertThat(request.getHidden().getShapeList()).containsExactly(4L, 192L);
      assertThat(request.getHidden().getData().size()).isEqualTo(4 * 192 * 4);
      assertThat(stream.read()).as("nothing follows").isEqualTo(-1);
    }
  }
}
