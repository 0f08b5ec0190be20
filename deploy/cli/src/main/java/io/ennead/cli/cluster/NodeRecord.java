package io.ennead.cli.cluster;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A node process as it was started.
 *
 * @param name "router" or "expert-3"
 * @param pid process id
 * @param startedMillis when the process started, as the system tells it: together with the id this
 *     names one process, since ids are given out again
 * @param port gRPC port
 * @param adminPort admin HTTP port
 */
public record NodeRecord(String name, long pid, long startedMillis, int port, int adminPort) {

  /** The name of the router; every other node is an expert node. */
  static final String ROUTER = "router";

  private static final long UNKNOWN = -1;

  // The system derives start times from ticks since boot and the clock, which may be corrected.
  private static final long TOLERANCE_MILLIS = 5000;

  static NodeRecord of(String name, ProcessHandle process, PortPlan.Ports ports) {
    return new NodeRecord(name, process.pid(), started(process), ports.grpc(), ports.admin());
  }

  boolean isRouter() {
    return name.equals(ROUTER);
  }

  /** The process, when it still runs and is known to be the one that was started. */
  Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::startedThen);
  }

  /** Whether a process of this id runs, be it the one that was started or another. */
  boolean idInUse() {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  private boolean startedThen(ProcessHandle process) {
    long started = started(process);
    return startedMillis != UNKNOWN
        && started != UNKNOWN
        && Math.abs(started - startedMillis) <= TOLERANCE_MILLIS;
  }

  /** Resident memory in bytes, where the system tells it. */
  OptionalLong residentBytes() {
    return ProcStatus.of(pid).map(ProcStatus::residentBytes).orElseGet(OptionalLong::empty);
  }

  private static long started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(UNKNOWN);
  }
}
