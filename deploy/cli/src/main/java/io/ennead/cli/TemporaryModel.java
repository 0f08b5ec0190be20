package io.ennead.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Room for a model that is gone after use, at the end of an interrupted process too. */
final class TemporaryModel implements AutoCloseable {
  private final Path parent;
  private final Thread atExit = new Thread(this::delete, "delete-model");

  private TemporaryModel(Path parent) {
    this.parent = parent;
  }

  static TemporaryModel create() throws IOException {
    TemporaryModel model = new TemporaryModel(Files.createTempDirectory("ennead-bench"));
    Runtime.getRuntime().addShutdownHook(model.atExit);
    return model;
  }

  /** The model's directory, which does not exist yet. */
  Path directory() {
    return parent.resolve("model");
  }

  @Override
  public void close() {
    delete();
    Runtime.getRuntime().removeShutdownHook(atExit);
  }

  private synchronized void delete() {
    if (!Files.exists(parent)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(parent)) {
      List<Path> deepestFirst = tree.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
