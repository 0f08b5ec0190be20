package io.ennead.cli.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What Linux says of a process in {@code /proc/PID/status}, as read at one moment. */
public final class ProcStatus {
  private final List<String> lines;

  private ProcStatus(List<String> lines) {
    this.lines = lines;
  }

  /** Empty when there is no such process, or the system has no such file. */
  public static Optional<ProcStatus> of(long pid) {
    try {
      Path file = Path.of("/proc", Long.toString(pid), "status");
      return Optional.of(new ProcStatus(Files.readAllLines(file)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Resident memory in bytes; empty for a process that has ended and was not waited for. */
  public OptionalLong residentBytes() {
    OptionalLong kilobytes = number("VmRSS:");
    return kilobytes.isPresent() ? OptionalLong.of(kilobytes.getAsLong() << 10) : kilobytes;
  }

  /** How many threads there are. */
  public OptionalLong threads() {
    return number("Threads:");
  }

  private OptionalLong number(String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst();
  }
}
