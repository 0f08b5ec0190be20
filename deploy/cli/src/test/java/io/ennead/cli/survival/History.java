package io.ennead.cli.survival;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * What every request of a load saw, in memory and as a file of JSON lines. Requests that have not
 * ended when the history is closed are in it, without an end. Thread-safe.
 */
final class History implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final BufferedWriter writer;
  private final long origin = System.nanoTime();
  private final AtomicLong ids = new AtomicLong();
  private final Map<Long, Recording> running = new ConcurrentHashMap<>();
  private final List<HistoryLine> lines = new ArrayList<>();
  private boolean closed;

  private History(Path file, BufferedWriter writer) {
    this.file = file;
    this.writer = writer;
  }

  static History open(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    return new History(file, Files.newBufferedWriter(file));
  }

  static List<HistoryLine> read(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.map(History::parse).toList();
    }
  }

  private static HistoryLine parse(String line) {
    try {
      return JSON.readValue(line, HistoryLine.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path file() {
    return file;
  }

  /** The time in this history. */
  long nowMicros() {
    return (System.nanoTime() - origin) / 1000;
  }

  Recording begin(int request, String client, long limitMicros) {
    Recording recording = new Recording(this, ids.incrementAndGet(), request, client, limitMicros);
    running.put(recording.id(), recording);
    return recording;
  }

  /** What ends after the history was closed is in it already, without an end. */
  synchronized void ended(HistoryLine line) {
    running.remove(line.id());
    if (!closed) {
      add(line);
    }
  }

  private void add(HistoryLine line) {
    lines.add(line);
    try {
      writer.write(JSON.writeValueAsString(line));
      writer.newLine();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The requests that have ended, in the order of their ends. */
  synchronized List<HistoryLine> lines() {
    return List.copyOf(lines);
  }

  /** Adds what has not ended, and ends the file. */
  @Override
  public synchronized void close() throws IOException {
    for (Recording recording : List.copyOf(running.values())) {
      ended(recording.unended());
    }
    closed = true;
    writer.close();
  }

  /** A text with the numbers, for messages. */
  static String times(long... micros) {
    return Arrays.stream(micros)
        .mapToObj(time -> "%.1f ms".formatted(time / 1e3))
        .reduce((a, b) -> a + ", " + b)
        .orElse("");
  }
}
