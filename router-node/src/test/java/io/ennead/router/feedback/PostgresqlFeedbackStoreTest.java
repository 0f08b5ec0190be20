package io.ennead.router.feedback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real server of one's own; skipped where Debian's package postgresql is not installed. */
@Timeout(180)
class PostgresqlFeedbackStoreTest extends FeedbackStoreContract {
  private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

  @TempDir private static Path directory;
  private static Path programs = INSTALLED;
  private static Process server;
  private static int port;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    Optional<Path> found = programs();
    assumeTrue(found.isPresent(), "no PostgreSQL server in " + INSTALLED);
    programs = found.get();
    port = freePort();
    if (root()) {
      run("chown", "-R", "postgres", directory.toString());
    }
    Path data = directory.resolve("data");
    run(
        asUser(
            programs.resolve("initdb").toString(),
            "-D",
            data.toString(),
            "-U",
            "ennead",
            "--auth=trust",
            "--no-locale",
            "--encoding=UTF8",
            "--no-sync"));
    launch();
  }

  private static void launch() throws IOException {
    server =
        new ProcessBuilder(
                asUser(
                    programs.resolve("postgres").toString(),
                    "-D",
                    directory.resolve("data").toString(),
                    "-p",
                    Integer.toString(port),
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    "unix_socket_directories=" + directory))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .ignoreExceptions()
        .until(PostgresqlFeedbackStoreTest::answers);
  }

  private static boolean answers() throws SQLException {
    try (var connection = DriverManager.getConnection(url())) {
      return connection.isValid(1);
    }
  }

  private static String url() {
    return "jdbc:postgresql://127.0.0.1:%d/postgres?user=ennead".formatted(port);
  }

  private static Optional<Path> programs() throws IOException {
    if (!Files.isDirectory(INSTALLED)) {
      return Optional.empty();
    }
    try (Stream<Path> versions = Files.list(INSTALLED)) {
      return versions
          .map(version -> version.resolve("bin"))
          .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
          .findFirst();
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new java.net.ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static boolean root() {
    return System.getProperty("user.name").equals("root");
  }

  /** The server refuses to run as root. */
  private static String[] asUser(String... command) {
    List<String> all = new ArrayList<>();
    if (root()) {
      all.addAll(
          List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    }
    all.addAll(List.of(command));
    return all.toArray(String[]::new);
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Path log = Files.createTempFile("postgresql", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(() -> read(log)).isZero();
    Files.delete(log);
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (server != null) {
      server.destroy();
      assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Override
  FeedbackStore open() throws SQLException {
    try (var connection = DriverManager.getConnection(url());
        var statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS ennead_feedback");
    }
    return FeedbackStore.open(url());
  }

  @Test
  void nothingThatWasAcknowledgedIsLostWhenTheServerIsKilled() throws Exception {
    try (FeedbackStore store = open()) {
      for (int i = 0; i < 50; i++) {
        store.insert(Samples.row("r" + i, i));
      }
      server.destroyForcibly();
      assertThat(server.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
    Files.deleteIfExists(directory.resolve("data/postmaster.pid"));
    launch();
    try (FeedbackStore store = FeedbackStore.open(url())) {
      assertThat(store.count()).isEqualTo(50);
    }
  }
}
