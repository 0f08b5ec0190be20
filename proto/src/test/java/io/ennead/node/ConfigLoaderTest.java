package io.ennead.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.wire.ComputeType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
  @TempDir Path dir;

  record Sample(
      @Setting(help = "Model directory.") Path modelDir,
      @Setting(help = "Port; 0: any.", byDefault = "8470") int port,
      @Setting(help = "Name.", byDefault = "") String name,
      @Setting(help = "Rows.", byDefault = "9000000000") long rows,
      @Setting(help = "Share.", byDefault = "0.5") double share,
      @Setting(help = "Plain text.", byDefault = "false") boolean allowInsecure,
      @Setting(help = "Grace.", byDefault = "5s") Duration grace,
      @Setting(help = "Limit.", byDefault = "64MiB", bytes = true) int maxMessageBytes,
      @Setting(help = "Peers.", byDefault = "a:1,b:2") List<String> expertPeers,
      @Setting(help = "Format.", byDefault = "f32") ComputeType dtype) {
    Sample {
      if (port > 65_535) {
        throw new IllegalArgumentException("port: %d (expected: 0 to 65535)".formatted(port));
      }
    }
  }

  private static Sample load(List<String> args, Map<String, String> env) {
    return ConfigLoader.load(Sample.class, "sample", args, env);
  }

  private static Sample load(String... args) {
    return load(List.of(args), Map.of());
  }

  private Path file(String text) throws IOException {
    return Files.writeString(dir.resolve("c.yaml"), text);
  }

  @Test
  void defaultsFillWhatIsNotGiven() {
    assertThat(load("--model-dir", "/m"))
        .isEqualTo(
            new Sample(
                Path.of("/m"),
                8470,
                "",
                9_000_000_000L,
                0.5,
                false,
                Duration.ofSeconds(5),
                64 << 20,
                List.of("a:1", "b:2"),
                ComputeType.F32));
  }

  @Test
  void everyTypeIsReadFromFlags() {
    assertThat(
            load(
                "--model-dir=/m",
                "--port=1",
                "--name",
                "n=1",
                "--rows",
                "-2",
                "--share",
                "1e3",
                "--allow-insecure",
                "--grace",
                "250ms",
                "--max-message-bytes",
                "3KiB",
                "--expert-peers",
                "c:3, d:4",
                "--dtype",
                "bf16"))
        .isEqualTo(
            new Sample(
                Path.of("/m"),
                1,
                "n=1",
                -2,
                1000,
                true,
                Duration.ofMillis(250),
                3072,
                List.of("c:3", "d:4"),
                ComputeType.BF16));
  }

  @Test
  void flagsBeatEnvironmentBeatsFileBeatsDefaults() throws IOException {
    Path file =
        file(
            """
            model-dir: /file
            port: 1
            name: 1.10
            share: 0.1
            expert-peers: ["e:5", "f:6"]
            """);
    Map<String, String> env =
        Map.of("ENNEAD_PORT", "2", "ENNEAD_SHARE", "0.2", "PATH", "/bin", "ENNEAD_HOME", "/h");
    Sample sample = load(List.of("--config", file.toString(), "--share", "0.3"), env);
    assertThat(sample.modelDir()).isEqualTo(Path.of("/file"));
    assertThat(sample.port()).isEqualTo(2);
    assertThat(sample.share()).isEqualTo(0.3);
    assertThat(sample.name()).isEqualTo("1.10");
    assertThat(sample.rows()).isEqualTo(9_000_000_000L);
    assertThat(sample.expertPeers()).containsExactly("e:5", "f:6");
  }

  @Test
  void theFileMayBeNamedByTheEnvironment() throws IOException {
    Path file = file("model-dir: /file\n");
    assertThat(load(List.of(), Map.of("ENNEAD_CONFIG", file.toString())).modelDir())
        .isEqualTo(Path.of("/file"));
  }

  @Test
  void aBooleanFlagTakesAValueOnlyWhenItIsOne() {
    assertThat(load("--allow-insecure", "false", "--model-dir", "/m").allowInsecure()).isFalse();
    assertThat(load("--allow-insecure", "--model-dir", "/m").allowInsecure()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--port abc|port: abc (from --port, expected: a whole number)",
        "--port|--port: no value (expected: a whole number)",
        "--port 70000|port: 70000 (expected: 0 to 65535)",
        "--prot 1|--prot: unknown flag; did you mean --port?",
        "--modeldir /m|--modeldir: unknown flag; did you mean --model-dir?",
        "--entirely-else 1|--entirely-else: unknown flag",
        "--port 1 --port 2|--port: given twice",
        "stray|stray: unexpected argument (expected: --name value)",
        "--grace 5|grace: 5 (from --grace, expected: a duration, as 250ms or 5s)",
        "--grace 5y|grace: 5y (from --grace, expected: a duration, as 250ms or 5s)",
        "--dtype f64|dtype: f64 (from --dtype, expected: f32, bf16, int8)",
        "--allow-insecure=yes|allow-insecure: yes (from --allow-insecure, expected: true or false)",
        "--max-message-bytes 4GiB|"
            + "max-message-bytes: 4GiB (from --max-message-bytes, expected: bytes, as 512 or 64MiB)",
        "--max-message-bytes 1MB|"
            + "max-message-bytes: 1MB (from --max-message-bytes, expected: bytes, as 512 or 64MiB)"
      })
  void badFlagsAreNamedWithWhatWasExpected(String args, String message) {
    assertThatThrownBy(() -> load(("--model-dir=/m " + args).split(" ")))
        .isInstanceOf(ConfigException.class)
        .hasMessage("sample: " + message);
  }

  @Test
  void aMissingValueIsNamedUnderItsThreeNames() {
    assertThatThrownBy(() -> load())
        .hasMessage(
            "sample: --model-dir: missing (expected: a path; or ENNEAD_MODEL_DIR, or model-dir in"
                + " the file)");
  }

  @Test
  void badEnvironmentIsNamed() {
    assertThatThrownBy(() -> load(List.of(), Map.of("ENNEAD_PORT", "x", "ENNEAD_MODEL_DIR", "m")))
        .hasMessage("sample: port: x (from ENNEAD_PORT, expected: a whole number)");
    assertThatThrownBy(() -> load(List.of(), Map.of("ENNEAD_PROT", "1")))
        .hasMessage("sample: ENNEAD_PROT: unknown environment variable; did you mean ENNEAD_PORT?");
  }

  @Test
  void badFilesAreNamed() throws IOException {
    assertFileError("prot: 1", "prot: unknown key in FILE; did you mean port?");
    assertFileError("modelDir: /m", "modelDir: unknown key in FILE; did you mean model-dir?");
    assertFileError("port: [1, 2]", "port: [1, 2] (from port in FILE, expected: a whole number)");
    assertFileError("port:", "port in FILE: no value (expected: a value or a list)");
    assertFileError("port: {a: 1}", "port in FILE: no value (expected: a value or a list)");
    assertFileError("- port", "config file FILE: no mapping (expected: key: value)");
    assertFileError("port: 1\n---\nport: 2", "config file FILE: several documents (expected: 1)");
  }

  private void assertFileError(String text, String message) throws IOException {
    String file = file(text).toString();
    assertThatThrownBy(() -> load("--model-dir=/m", "--config", file))
        .isInstanceOf(ConfigException.class)
        .hasMessage("sample: " + message.replace("FILE", file));
  }

  @Test
  void duplicateKeysInTheFileAreRefused() throws IOException {
    String file = file("port: 1\nport: 2\n").toString();
    assertThatThrownBy(() -> load("--model-dir=/m", "--config", file))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("Duplicate")
        .hasMessageContaining("port");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> load("--config", "/none.yaml"))
        .hasMessage("sample: config file /none.yaml: no such file");
  }

  @Test
  void yamlReadsBackToAnEqualRecord() throws IOException {
    Sample sample =
        load(
            "--model-dir",
            "/m",
            "--name",
            "true",
            "--grace",
            "90s",
            "--max-message-bytes",
            "1000",
            "--dtype",
            "bf16",
            "--share",
            "0.1");
    Path file = file(ConfigLoader.yaml(sample));
    assertThat(load("--config", file.toString())).isEqualTo(sample);
  }

  @Test
  void describeIsOneLineWithUnits() {
    assertThat(ConfigLoader.describe(load("--model-dir", "/m")))
        .startsWith("model-dir=/m port=8470 ")
        .contains("grace=5s max-message-bytes=64MiB expert-peers=[a:1, b:2] dtype=f32");
  }

  @Test
  void helpListsEverySettingWithItsNamesAndDefault() {
    assertThat(ConfigLoader.help(Sample.class, "sample"))
        .contains("Usage: sample [--config FILE]")
        .contains("--max-message-bytes <bytes, as 512 or 64MiB>")
        .contains("Port; 0: any.")
        .contains("ENNEAD_PORT, default: 8470")
        .contains("ENNEAD_MODEL_DIR, required");
  }
}
