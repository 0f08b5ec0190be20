package io.ennead.cli;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds what lies beside the program: the bundled demo model. */
final class Home {
  private static final Path DEMO_MODEL = Path.of("deploy", "models", "demo");

  private Home() {}

  /** The demo model of {@code ENNEAD_HOME}, or else of the checkout that the program runs from. */
  static Path demoModel() {
    return demoModel(System.getenv(), programFile());
  }

  static Path demoModel(Map<String, String> environment, Path program) {
    String home = environment.get("ENNEAD_HOME");
    Stream<Path> places =
        home == null
            ? Stream.iterate(program, p -> p != null, Path::getParent)
            : Stream.of(Path.of(home));
    Optional<Path> model =
        places.map(place -> place.resolve(DEMO_MODEL)).filter(Files::isDirectory).findFirst();
    return model.orElseThrow(
        () ->
            new CommandException(
                "no demo model: no %s in %s (set ENNEAD_HOME to the checkout, or give --model)"
                    .formatted(DEMO_MODEL, home == null ? "any folder above " + program : home)));
  }

  private static Path programFile() {
    try {
      return Path.of(Home.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
