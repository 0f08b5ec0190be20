package io.ennead.router.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ennead.errors.ServingException;
import io.ennead.node.ConfigException;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/**
 * Reads hostile bytes: they are taken, or refused with one of the product's own exceptions, and
 * neither costs much.
 */
final class InputCheck {
  /** Of objects, alive or not, while one input is read. The inputs are at most 2 MiB. */
  private static final long MAX_ALLOCATED = 256 << 20;

  private static final long MAX_NANOS = 10_000_000_000L;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Input input;
  private final Path directory;

  /** In an empty directory. */
  InputCheck(Input input, Path directory) throws IOException {
    this.input = input;
    this.directory = directory;
    input.prepare(directory);
  }

  /** Whether the bytes were taken. Fails naming {@code what} on anything but a typed refusal. */
  boolean accepts(byte[] bytes, String what) throws IOException {
    long allocated = THREADS.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    boolean accepted = read(bytes, what);
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - allocated)
        .as("bytes allocated: %s", what)
        .isLessThan(MAX_ALLOCATED);
    assertThat(System.nanoTime() - start).as("nanoseconds: %s", what).isLessThan(MAX_NANOS);
    return accepted;
  }

  private boolean read(byte[] bytes, String what) {
    try {
      input.read(directory, bytes);
      return true;
    } catch (IllegalArgumentException
        | ConfigException
        | ServingException
        | StatusRuntimeException // what gRPC makes of a message that cannot be read
        | IOException e) {
      assertThat(e.getMessage()).as(what).isNotBlank();
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(what, e);
    }
  }
}
