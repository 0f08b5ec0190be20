package io.ennead.cli.deploy;

import io.ennead.expert.ExpertConfig;
import io.ennead.node.ConfigLoader;
import io.ennead.router.RouterConfig;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Lets a node read its settings from a container's environment, as it would in there. */
final class Settings {
  private Settings() {}

  /** Fails on a variable or value that the node does not know. */
  static RouterConfig router(Map<String, String> environment) {
    return ConfigLoader.load(RouterConfig.class, "router", List.of(), environment);
  }

  /** Fails on a variable or value that the node does not know. */
  static ExpertConfig expert(Map<String, String> environment) {
    return ConfigLoader.load(ExpertConfig.class, "expert", List.of(), environment);
  }

  static Map<String, String> texts(Map<String, Object> values) {
    return values.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> String.valueOf(entry.getValue())));
  }
}
