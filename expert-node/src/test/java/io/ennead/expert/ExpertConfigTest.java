package io.ennead.expert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import io.ennead.node.SecurityConfig;
import io.ennead.node.TelemetryConfig;
import io.ennead.wire.ComputeType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpertConfigTest {
  @Test
  void onlyTheModelMustBeGiven() {
    assertThat(load("--model", "m"))
        .isEqualTo(
            new ExpertConfig(
                Path.of("m"),
                "all",
                0,
                Path.of(""),
                "",
                "cpu",
                ComputeType.F32,
                "127.0.0.1",
                8500,
                8501,
                1,
                0,
                0,
                true,
                4096,
                65_536,
                64L << 20,
                64 << 20,
                Duration.ofSeconds(30),
                Duration.ofMillis(500),
                false,
                SecurityConfig.NONE,
                TelemetryConfig.DEFAULT));
    assertThatThrownBy(() -> load())
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("--model");
  }

  @Test
  void everyFieldCanBeGiven() {
    assertThat(
            load(
                "--model=m",
                "--experts=0-3,7",
                "--max-experts=11",
                "--packs=p",
                "--node-name=left",
                "--device=cuda:1",
                "--dtype=bf16",
                "--host=::1",
                "--port=1",
                "--admin-port=2",
                "--threads=3",
                "--decode-tile=4",
                "--prefill-tile=5",
                "--batch-invariant=false",
                "--max-batch-rows=6",
                "--max-queued-rows=7",
                "--max-queued-bytes=8KiB",
                "--max-message-bytes=9",
                "--drain-delay=2s",
                "--shutdown-grace=10s",
                "--allow-insecure",
                "--tls-cert=cert",
                "--tls-key=key",
                "--tls-ca=ca",
                "--tls-clients=optional",
                "--api-keys=keys",
                "--admin-host=::2",
                "--log-format=json",
                "--otlp-endpoint=http://o:4318",
                "--trace-ratio=0.5"))
        .isEqualTo(
            new ExpertConfig(
                Path.of("m"),
                "0-3,7",
                11,
                Path.of("p"),
                "left",
                "cuda:1",
                ComputeType.BF16,
                "::1",
                1,
                2,
                3,
                4,
                5,
                false,
                6,
                7,
                8192,
                9,
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                true,
                new SecurityConfig(
                    Path.of("cert"),
                    Path.of("key"),
                    Path.of("ca"),
                    SecurityConfig.ClientCertificates.OPTIONAL,
                    Path.of("keys"),
                    "::2"),
                new TelemetryConfig(TelemetryConfig.LogFormat.JSON, "http://o:4318", 0.5)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--experts | some | experts: some (expected: all",
        "--device | gpu | device: gpu (expected: cpu or cuda:N)",
        "--dtype | fp8 | dtype: fp8",
        "--port | 65536 | port: 65536 (expected: 0 to 65535)",
        "--admin-port | -1 | admin-port: -1 (expected: 0 to 65535)",
        "--max-experts | -1 | max-experts: -1 (expected: at least 0)",
        "--threads | 0 | threads: 0 (expected: at least 1)",
        "--decode-tile | -2 | decode-tile: -2 (expected: at least 0)",
        "--prefill-tile | -1 | prefill-tile: -1 (expected: at least 0)",
        "--max-batch-rows | 0 | max-batch-rows: 0 (expected: at least 1)",
        "--max-queued-rows | 0 | max-queued-rows: 0 (expected: at least 1)",
        "--max-queued-bytes | 0 | max-queued-bytes: 0 (expected: at least 1)",
        "--max-message-bytes | 0 | max-message-bytes: 0 (expected: at least 1)",
      })
  void valueIsRefused(String flag, String value, String message) {
    assertThatThrownBy(() -> load("--model", "m", flag, value))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("expert: " + message);
  }

  private static ExpertConfig load(String... args) {
    return ConfigLoader.load(
        ExpertConfig.class, "expert", new ArrayList<>(List.of(args)), Map.of());
  }
}
