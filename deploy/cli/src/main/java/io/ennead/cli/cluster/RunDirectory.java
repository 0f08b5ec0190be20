package io.ennead.cli.cluster;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;

/**
 * Where a cluster of processes keeps its logs and the record of its processes. One command at a
 * time.
 */
public final class RunDirectory {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  /** The directory need not exist. */
  public RunDirectory(Path directory) {
    this.directory = directory;
  }

  /** {@code ~/.ennead/cluster-<base port>}. */
  public static RunDirectory ofBasePort(int basePort) {
    return new RunDirectory(
        Path.of(System.getProperty("user.home"), ".ennead", "cluster-" + basePort));
  }

  /** Where it is. */
  public Path path() {
    return directory;
  }

  /** The log of a node: what it writes to stdout and stderr. */
  public Path log(String node) {
    return directory.resolve(node + ".log");
  }

  /** The last lines of a node's log, for messages. */
  String logTail(String node, int lines) {
    try {
      List<String> all = Files.readAllLines(log(node));
      return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    } catch (IOException e) {
      return "no log: " + e.getMessage();
    }
  }

  /** The recorded processes; none when no cluster was started here. */
  List<NodeRecord> load() {
    if (!Files.exists(record())) {
      return List.of();
    }
    try {
      return Arrays.asList(JSON.readValue(record().toFile(), NodeRecord[].class));
    } catch (IOException e) {
      throw new ClusterException("cannot read %s: %s".formatted(record(), e.getMessage()), e);
    }
  }

  /** Replaces the record as a whole, so that a reader never sees half of it. */
  void save(List<NodeRecord> nodes) {
    try {
      Files.createDirectories(directory);
      Path next = directory.resolve("nodes.json.next");
      JSON.writerWithDefaultPrettyPrinter().writeValue(next.toFile(), nodes);
      Files.move(next, record(), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new ClusterException("cannot write %s: %s".formatted(record(), e.getMessage()), e);
    }
  }

  /** Forgets the processes; the logs stay. */
  void clear() {
    try {
      Files.deleteIfExists(record());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path record() {
    return directory.resolve("nodes.json");
  }
}
