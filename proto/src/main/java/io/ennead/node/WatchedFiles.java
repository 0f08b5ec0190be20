package io.ennead.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Files that are read again when their times or sizes change. A reading that fails is tried again
 * with every poll, since files are replaced one after the other, and told once. Used by one thread.
 */
final class WatchedFiles {
  private final List<Path> files;
  private final Reading reading;
  private final Consumer<String> outcome;
  private List<Stamp> read;
  private List<Stamp> told;

  /** What is done with the files. */
  @FunctionalInterface
  interface Reading {
    void run() throws IOException, GeneralSecurityException;
  }

  private record Stamp(FileTime modified, long size) {
    static final Stamp MISSING = new Stamp(FileTime.fromMillis(0), -1);
  }

  /**
   * Watches from now on; what is there now was read.
   *
   * @param outcome hears an empty text after a reading, else why it failed
   */
  WatchedFiles(List<Path> files, Reading reading, Consumer<String> outcome) {
    this.files = List.copyOf(files);
    this.reading = reading;
    this.outcome = outcome;
    this.read = stamps();
    this.told = read;
  }

  void poll() {
    List<Stamp> now = stamps();
    if (now.equals(read)) {
      return;
    }
    try {
      reading.run();
      read = now;
      told = now;
      outcome.accept("");
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      if (!now.equals(told)) {
        told = now;
        outcome.accept(String.valueOf(e.getMessage()));
      }
    }
  }

  private List<Stamp> stamps() {
    List<Stamp> stamps = new ArrayList<>();
    for (Path file : files) {
      stamps.add(stamp(file));
    }
    return stamps;
  }

  private static Stamp stamp(Path file) {
    try {
      return new Stamp(Files.getLastModifiedTime(file), Files.size(file));
    } catch (IOException e) {
      return Stamp.MISSING;
    }
  }
}
