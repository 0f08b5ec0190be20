package io.ennead.expert.checkpoint;

import java.nio.file.Path;

/** The bundled model, seen from the module's directory. */
public final class DemoModel {
  /** Its directory. */
  public static final Path DIRECTORY = Path.of("../deploy/models/demo");

  private DemoModel() {}
}
