package io.ennead.cli.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.ExpertConfig;
import io.ennead.node.Readiness;
import io.ennead.node.http.AdminServer;
import io.ennead.router.RouterConfig;
import io.ennead.router.moe.FailurePolicy;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * What deploy/kubernetes/base and its components tell nodes is what they understand. The rendered
 * objects, the Helm chart's as well, are checked by deploy/kubernetes/verify.sh.
 */
class KubernetesFilesTest {
  private static final Path DIRECTORY = YamlFile.path("kubernetes");
  private static final List<String> PROBES =
      List.of("startupProbe", "readinessProbe", "livenessProbe");

  private static Object base(String file) throws IOException {
    return YamlFile.read(DIRECTORY.resolve("base").resolve(file));
  }

  private static Map<String, String> variables(String file) throws IOException {
    Map<String, String> found = new HashMap<>();
    for (String line : Files.readAllLines(DIRECTORY.resolve(file))) {
      if (!line.startsWith("#")) {
        found.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1));
      }
    }
    return found;
  }

  /** With what the generator of a component merges in, or nothing. */
  private static Map<String, String> environment(String node, String component) throws IOException {
    Map<String, String> merged = variables("base/common.env");
    if (!component.isEmpty()) {
      Path file = DIRECTORY.resolve("components").resolve(component).resolve("kustomization.yaml");
      List<?> literals =
          (List<?>) YamlFile.at(YamlFile.read(file), "configMapGenerator.0.literals").orElseThrow();
      for (Object literal : literals) {
        String[] pair = literal.toString().split("=", 2);
        merged.put(pair[0], pair[1]);
      }
    }
    merged.putAll(variables("base/" + node + ".env"));
    return merged;
  }

  private static ExpertConfig expert(String component, int ordinal) throws IOException {
    Object set = base("expert-statefulset.yaml");
    String container = "spec.template.spec.containers.0.";
    assertThat(YamlFile.text(set, container + "env.0.name")).isEqualTo("ENNEAD_NODE_NAME");
    assertThat(YamlFile.text(set, container + "env.0.valueFrom.fieldRef.fieldPath"))
        .isEqualTo("metadata.name");
    Map<String, String> environment = environment("expert", component);
    String pod = YamlFile.text(set, "metadata.name") + "-" + ordinal;
    environment.put("ENNEAD_NODE_NAME", pod);
    environment.put(
        YamlFile.text(set, container + "env.1.name"),
        YamlFile.text(set, container + "env.1.value").replace("$(ENNEAD_NODE_NAME)", pod));
    return Settings.expert(environment);
  }

  @Test
  void nodesUnderstandAllTheirSettings() throws IOException {
    for (String component : List.of("", "plaintext", "gpu")) {
      RouterConfig router = Settings.router(environment("router", component));
      ExpertConfig expert = expert(component, 5);
      assertThat(expert.experts()).isEqualTo("ennead-expert-5/8");
      assertThat(expert.nodeName()).isEqualTo("ennead-expert-5");
      assertThat(expert.security()).isEqualTo(router.security());
      assertThat(expert.allowInsecure()).isEqualTo(component.equals("plaintext"));
      assertThat(expert.device()).isEqualTo(component.equals("gpu") ? "cuda:0" : "cpu");
      assertThat(expert.dtype()).isEqualTo(router.dtype());
    }
  }

  @Test
  void routersFindEveryPodUnderTheServicesName() throws IOException {
    Object service = base("expert-service.yaml");
    String name = YamlFile.text(service, "metadata.name");
    assertThat(Settings.router(environment("router", "")).pool().expertNodes())
        .containsExactly("dns:///%s.ennead.svc:%d".formatted(name, expert("", 0).port()));
    assertThat(YamlFile.text(base("expert-statefulset.yaml"), "spec.serviceName")).isEqualTo(name);
    assertThat(YamlFile.map(service, "spec"))
        .containsEntry("clusterIP", "None")
        .containsEntry("publishNotReadyAddresses", true);
  }

  @Test
  void productionHoldsEveryExpertTwiceAndNeedNotWait() throws IOException {
    Map<String, String> environment = environment("router", "gpu");
    environment.putAll(variables("overlays/production/router.env"));
    assertThat(Settings.router(environment).pool().expertFailure())
        .isEqualTo(FailurePolicy.Mode.FAIL);
    Object overlay = YamlFile.read(DIRECTORY.resolve("overlays/production/kustomization.yaml"));
    assertThat(YamlFile.text(overlay, "replicas.0.count")).isEqualTo("16");
  }

  @Test
  void portsAndProbesAreWhereNodesListen() throws IOException {
    Object router = base("router-deployment.yaml");
    RouterConfig routerConfig = Settings.router(environment("router", ""));
    assertPorts(router, routerConfig.port(), routerConfig.adminPort());
    assertThat(routerConfig.http().httpHost()).isEqualTo("0.0.0.0");
    assertThat(YamlFile.text(router, "spec.template.spec.containers.0.ports.2.containerPort"))
        .isEqualTo(Integer.toString(routerConfig.http().httpPort()));
    Object set = base("expert-statefulset.yaml");
    assertPorts(set, expert("", 0).port(), expert("", 0).adminPort());
    Set<String> routes = adminRoutes();
    for (Object node : List.of(router, set)) {
      for (String probe : PROBES) {
        Map<String, Object> get =
            YamlFile.map(node, "spec.template.spec.containers.0." + probe + ".httpGet");
        assertThat(routes).contains(get.get("path").toString());
        assertThat(get).containsEntry("port", "admin").containsEntry("scheme", "HTTPS");
      }
    }
  }

  private static void assertPorts(Object node, int grpc, int admin) {
    String ports = "spec.template.spec.containers.0.ports.";
    assertThat(YamlFile.text(node, ports + "0.containerPort")).isEqualTo(Integer.toString(grpc));
    assertThat(YamlFile.text(node, ports + "1.name")).isEqualTo("admin");
    assertThat(YamlFile.text(node, ports + "1.containerPort")).isEqualTo(Integer.toString(admin));
  }

  private static Set<String> adminRoutes() {
    try (AdminServer server =
        AdminServer.start("127.0.0.1", 0, false, new Readiness(), new PrometheusRegistry())) {
      return server.routes();
    }
  }

  @Test
  void podsAreConfinedAndEndInTime() throws IOException {
    RouterConfig settings = Settings.router(environment("router", ""));
    for (String file : List.of("router-deployment.yaml", "expert-statefulset.yaml")) {
      Map<String, Object> pod = YamlFile.map(base(file), "spec.template.spec");
      assertThat(pod)
          .as("variables of Services are no settings")
          .containsEntry("enableServiceLinks", false)
          .containsEntry("automountServiceAccountToken", false);
      assertThat(
              Duration.ofSeconds(((Number) pod.get("terminationGracePeriodSeconds")).longValue()))
          .isGreaterThan(settings.drainDelay().plus(settings.grace()));
      assertThat(YamlFile.map(pod, "containers.0.securityContext"))
          .containsEntry("readOnlyRootFilesystem", true)
          .containsEntry("allowPrivilegeEscalation", false);
    }
  }
}
