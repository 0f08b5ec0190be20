package io.ennead.router.profile;

import io.ennead.node.DaemonThreads;
import io.ennead.router.moe.RoutingProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of profiles, looked at again and again: a new file or another default is served from
 * then on. The file {@code default} in it, one line, names the default; without it the setting
 * does. What cannot be read as a whole is told once and changes nothing: the last good snapshot
 * stays.
 *
 * <p>Safe for use by several threads; {@link #close()} ends its own.
 */
public final class ProfileDirectory implements Supplier<Profiles>, AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(ProfileDirectory.class);
  private static final String DEFAULT = "default";
  private static final int MAX_PROFILES = 1024;
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final Path directory;
  private final String byDefault;
  private final GateShape model;
  private final ScheduledExecutorService poller =
      Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("profiles"));
  // Of the poller once it runs: what was read, and what failed and was told.
  private Map<String, Stamp> seen = Map.of();
  private Map<String, Stamp> told = Map.of();
  private volatile Profiles current = Profiles.NONE;

  private record Stamp(FileTime modified, long size) {}

  private ProfileDirectory(Path directory, String byDefault, GateShape model) {
    this.directory = directory;
    this.byDefault = byDefault;
    this.model = model;
  }

  /**
   * Reads all files and watches them.
   *
   * @param byDefault name@version or "none", where the directory does not say
   * @throws IllegalArgumentException naming the first file that cannot be served, and why
   */
  public static ProfileDirectory watch(Path directory, String byDefault, GateShape model) {
    ProfileDirectory profiles = new ProfileDirectory(directory, byDefault, model);
    try {
      profiles.seen = profiles.stamps();
      profiles.told = profiles.seen;
      profiles.current = profiles.read();
    } catch (UncheckedIOException | IOException e) {
      throw new IllegalArgumentException("profiles: %s: %s".formatted(directory, e), e);
    }
    long interval = INTERVAL.toMillis();
    var unused =
        profiles.poller.scheduleWithFixedDelay(
            profiles::poll, interval, interval, TimeUnit.MILLISECONDS);
    return profiles;
  }

  @Override
  public Profiles get() {
    return current;
  }

  /** Reads again what has changed; what fails is tried again, and told once. */
  void poll() {
    Map<String, Stamp> now = Map.of();
    try {
      now = stamps();
      if (!now.equals(seen)) {
        current = read();
        seen = now;
        told = now;
        logger.info("profiles: {}, by default {}", current.all(), current.byDefault());
      }
    } catch (IOException | RuntimeException e) {
      if (!now.equals(told)) {
        told = now;
        logger.error("profiles stay as they were: {}", e.toString());
      }
    }
  }

  private Profiles read() throws IOException {
    List<RoutingProfile> profiles = new ArrayList<>();
    for (Path file : files(directory)) {
      profiles.add(ProfileFile.read(file, model));
    }
    Path named = directory.resolve(DEFAULT);
    return Profiles.of(
        profiles,
        Files.exists(named) ? Files.readString(named, StandardCharsets.UTF_8).strip() : byDefault);
  }

  private Map<String, Stamp> stamps() throws IOException {
    Map<String, Stamp> stamps = new TreeMap<>();
    List<Path> files = new ArrayList<>(files(directory));
    files.add(directory.resolve(DEFAULT));
    for (Path file : files) {
      if (Files.exists(file)) {
        stamps.put(
            file.getFileName().toString(),
            new Stamp(Files.getLastModifiedTime(file), Files.size(file)));
      }
    }
    return stamps;
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> files =
          entries
              .filter(file -> file.getFileName().toString().endsWith(ProfileFile.SUFFIX))
              .limit(MAX_PROFILES + 1L)
              .sorted()
              .toList();
      if (files.size() > MAX_PROFILES) {
        throw new IllegalArgumentException(
            "%s: more profiles than %d".formatted(directory, MAX_PROFILES));
      }
      return files;
    }
  }

  /**
   * Names the default of a directory, for every router that watches it.
   *
   * @param id of a file that is there, or "none"
   */
  public static void setDefault(Path directory, String id) throws IOException {
    if (!id.equals(ProfileId.NONE)
        && !Files.exists(directory.resolve(ProfileId.parse(id) + ProfileFile.SUFFIX))) {
      throw new IllegalArgumentException(
          "profile: %s (expected: none, or a file in %s)".formatted(id, directory));
    }
    Path partial = directory.resolve(".default.partial");
    Files.writeString(partial, id + "\n");
    Files.move(
        partial,
        directory.resolve(DEFAULT),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** The ids of the files of a directory, unread, in order of name. */
  public static List<String> list(Path directory) throws IOException {
    return files(directory).stream()
        .map(file -> file.getFileName().toString())
        .map(name -> name.substring(0, name.length() - ProfileFile.SUFFIX.length()))
        .toList();
  }

  @Override
  public void close() {
    poller.shutdownNow();
  }
}
