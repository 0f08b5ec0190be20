package io.ennead.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouterNodeTest {
  private static RouterConfig config(String... more) {
    List<String> flags = new ArrayList<>(List.of("--model=no-such-model"));
    flags.add("--expert-nodes=localhost:1");
    flags.addAll(List.of(more));
    return ConfigLoader.load(RouterConfig.class, "router", flags, Map.of());
  }

  @ParameterizedTest
  @CsvSource({
    "--host=0.0.0.0, host: 0.0.0.0",
    "--http-host=0.0.0.0, http-host: 0.0.0.0",
    "--cluster-host=0.0.0.0, host: 0.0.0.0"
  })
  void otherAddressesThanLoopbackAreRefusedBeforeTheModelIsRead(String flag, String message) {
    RouterConfig config = config("--port=0", "--admin-port=0", flag);
    assertThatThrownBy(() -> RouterNode.start(config))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith(message)
        .hasMessageContaining("--allow-insecure");
  }

  @ParameterizedTest
  @CsvSource({
    "--admin-port=65536, admin-port: 65536 (expected: 0 to 65535)",
    "--admin-port=65535, http-port: 65536 (expected: 0 to 65535)",
    "--admin-port=65534, cluster-port: 65536 (expected: 0 to 65535)",
    "--http-port=65536, http-port: 65536 (expected: 0 to 65535)",
    "--http-port=-2, http-port: -2 (expected: at least -1)",
    "--cluster-port=65536, cluster-port: 65536 (expected: 0 to 65535)"
  })
  void portsAreCheckedWhenTheyAreRead(String flag, String message) {
    assertThatThrownBy(() -> config(flag))
        .isInstanceOf(ConfigException.class)
        .hasMessage("router: " + message);
  }

  @Test
  void portsThatAreNotGivenLieAboveTheAdminPort() {
    RouterConfig config = config("--admin-port=4000");
    assertThat(config.http().port(config.adminPort())).isEqualTo(4001);
    assertThat(config.clusterOptions().port()).isEqualTo(4002);
    RouterConfig any = config("--admin-port=0");
    assertThat(any.http().port(any.adminPort())).isZero();
    assertThat(any.clusterOptions().port()).isZero();
    RouterConfig given = config("--http-port=1", "--cluster-port=0");
    assertThat(given.http().port(given.adminPort())).isEqualTo(1);
    assertThat(given.clusterOptions().port()).isZero();
  }
}
