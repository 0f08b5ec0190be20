package io.ennead.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.ExpertConfig;
import io.ennead.router.RouterConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the containers of deploy/compose are told is what the nodes understand. */
class ComposeFilesTest {
  private static final Path DIRECTORY = YamlFile.path("compose");
  private static final List<Integer> NODES = IntStream.range(0, 8).boxed().toList();

  private static Object compose(String file) throws IOException {
    return YamlFile.readCompose(DIRECTORY.resolve(file));
  }

  /** The environment of a service with overrides on top, as Compose merges them. */
  private static Map<String, String> environment(String service, String... overrides)
      throws IOException {
    String path = "services." + service + ".environment";
    Map<String, String> merged =
        new HashMap<>(Settings.texts(YamlFile.map(compose("compose.yaml"), path)));
    for (String override : overrides) {
      merged.putAll(Settings.texts(YamlFile.map(compose(override), path)));
    }
    return merged;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "compose.tls.yaml", "compose.gpu.yaml"})
  void nodesUnderstandAllTheirSettings(String override) throws IOException {
    String[] overrides = override.isEmpty() ? new String[0] : new String[] {override};
    RouterConfig router = Settings.router(environment("router", overrides));
    for (int node : NODES) {
      ExpertConfig expert = Settings.expert(environment("expert-" + node, overrides));
      assertThat(expert.nodeName()).isEqualTo("expert-" + node);
      assertThat(expert.experts()).isEqualTo(node + "/8");
      assertThat(router.pool().expertNodes().get(node))
          .isEqualTo("expert-" + node + ":" + expert.port());
      assertThat(expert.dtype()).isEqualTo(router.dtype());
      assertThat(expert.device()).isEqualTo(router.device());
      assertThat(expert.security().tlsCert()).isEqualTo(router.security().tlsCert());
    }
    assertThat(router.pool().expertNodes()).hasSameSizeAs(NODES);
  }

  @Test
  void overridesDoWhatTheyAreNamedFor() throws IOException {
    RouterConfig tls = Settings.router(environment("router", "compose.tls.yaml"));
    assertThat(tls.allowInsecure()).isFalse();
    assertThat(tls.security().tlsCa()).hasToString("/certs/ca.pem");
    Object gpu = compose("compose.gpu.yaml");
    for (int node : NODES) {
      String device =
          "services.expert-" + node + ".deploy.resources.reservations.devices.0.device_ids.0";
      assertThat(YamlFile.text(gpu, device)).isEqualTo(Integer.toString(node));
    }
  }

  @Test
  void routerPublishesItsPortsOnLoopbackAlone() throws IOException {
    RouterConfig router = Settings.router(environment("router"));
    assertThat(YamlFile.at(compose("compose.yaml"), "services.router.ports"))
        .contains(
            List.of(
                "127.0.0.1:8470:" + router.port(),
                "127.0.0.1:8471:" + router.adminPort(),
                "127.0.0.1:8472:" + router.http().port(router.adminPort())));
  }

  @Test
  void nodesAreConfinedAndEndInTime() throws IOException {
    Object file = compose("compose.yaml");
    for (String service : List.of("router", "expert-0", "expert-7")) {
      Map<String, Object> node = YamlFile.map(file, "services." + service);
      assertThat(node)
          .containsEntry("read_only", true)
          .containsEntry("cap_drop", List.of("ALL"))
          .containsEntry("security_opt", List.of("no-new-privileges:true"))
          .containsEntry("user", "65532:65532")
          .containsEntry("stop_grace_period", "45s");
      assertThat(node.get("volumes").toString()).contains(":/model:ro");
    }
    assertThat(Settings.router(environment("router")).grace()).hasSeconds(30);
    assertThat(YamlFile.map(file, "services.router.depends_on")).hasSize(NODES.size());
  }

  @Test
  void everyVariableIsExplainedWithItsDefault() throws IOException {
    var used = new TreeSet<String>();
    for (String file : List.of("compose.yaml", "compose.tls.yaml")) {
      Pattern.compile("\\$\\{(\\w+):-([^}]*)}")
          .matcher(Files.readString(DIRECTORY.resolve(file)))
          .results()
          .forEach(variable -> used.add("#" + variable.group(1) + "=" + variable.group(2)));
    }
    assertThat(Files.readAllLines(DIRECTORY.resolve(".env.example"))).containsAll(used);
  }
}
