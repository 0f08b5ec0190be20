package io.ennead.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.cli.Main;
import io.ennead.expert.ExpertConfig;
import io.ennead.node.HealthCheck;
import io.ennead.router.RouterConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The image runs classes that exist, on the ports that nodes listen on by default. */
class ImageFilesTest {
  private static final Path DIRECTORY = YamlFile.path("docker");

  @Test
  void mainClassesExist() throws IOException {
    List<String> java = Files.readAllLines(DIRECTORY.resolve("java.args"));
    assertThat(java.get(java.size() - 1)).isEqualTo(Main.class.getName());
    assertThat(Files.readString(DIRECTORY.resolve("build.sh")))
        .contains(HealthCheck.class.getName());
  }

  @Test
  void exposedPortsAreTheNodesDefaults() throws IOException {
    Map<String, String> needed =
        Map.of("ENNEAD_MODEL", "/model", "ENNEAD_EXPERT_NODES", "expert-0:8500");
    RouterConfig router = Settings.router(needed);
    ExpertConfig expert = Settings.expert(Map.of("ENNEAD_MODEL", "/model"));
    assertThat(Files.readAllLines(DIRECTORY.resolve("Dockerfile")))
        .contains(
            "EXPOSE %d %d %d %d %d"
                .formatted(
                    router.port(),
                    router.adminPort(),
                    router.http().port(router.adminPort()),
                    expert.port(),
                    expert.adminPort()));
  }

  @Test
  void libtorchIsTheVersionThatTheBuildUses() throws IOException {
    String pom = Files.readString(Path.of("..", "..", "pom.xml"));
    String version = pom.replaceAll("(?s).*<pytorch.version>(.*?)</pytorch.version>.*", "$1");
    assertThat(Files.readString(DIRECTORY.resolve("Dockerfile")))
        .contains("PYTORCH_VERSION=" + version + " ");
    assertThat(Files.readString(DIRECTORY.resolve("build.sh")))
        .contains("\ntorch=" + version + "\n");
  }
}
