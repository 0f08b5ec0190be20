package io.ennead.router;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RouterNodeTest {
  @Test
  void otherAddressesThanLoopbackAreRefusedBeforeTheModelIsRead() {
    RouterConfig config =
        ConfigLoader.load(
            RouterConfig.class,
            "router",
            List.of(
                "--model=no-such-model",
                "--expert-nodes=localhost:1",
                "--host=0.0.0.0",
                "--port=0",
                "--admin-port=0"),
            Map.of());
    assertThatThrownBy(() -> RouterNode.start(config))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("host: 0.0.0.0")
        .hasMessageContaining("--allow-insecure");
  }
}
