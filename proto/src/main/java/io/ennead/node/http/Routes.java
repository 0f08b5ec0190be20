package io.ennead.node.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The routes of a server, by path. */
final class Routes {
  private final Map<String, Route> exact;
  private final List<Route> open;

  /** Throws IllegalStateException when two have one path. */
  Routes(List<Route> routes) {
    exact =
        routes.stream()
            .filter(Route::exact)
            .collect(Collectors.toUnmodifiableMap(Route::path, Function.identity()));
    open = routes.stream().filter(route -> !route.exact()).toList();
  }

  Optional<Route> find(String path) {
    return Optional.ofNullable(exact.get(path))
        .or(() -> open.stream().filter(route -> route.leadsTo(path)).findFirst());
  }

  Set<String> paths() {
    return exact.keySet();
  }
}
