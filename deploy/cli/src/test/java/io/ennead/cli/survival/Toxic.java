package io.ennead.cli.survival;

import java.time.Duration;

/**
 * What a {@link FaultProxy} does to the bytes of a direction; names and meanings are Toxiproxy's.
 */
sealed interface Toxic {

  /** Delays everything by so long, more or less a random part of the jitter. */
  record Latency(Duration latency, Duration jitter) implements Toxic {}

  /** Lets through so many bytes per second. */
  record Bandwidth(long bytesPerSecond) implements Toxic {}

  /** Passes the end of the stream on only after a time. */
  record SlowClose(Duration delay) implements Toxic {}

  /** Drops all data, and closes the connection after a time; never when that is 0: a black hole. */
  record Timeout(Duration timeout) implements Toxic {}

  /** Resets the connection (RST) after a time. */
  record ResetPeer(Duration timeout) implements Toxic {}

  /** Cuts data into pieces of this size, more or less the variation, with a pause after each. */
  record Slicer(int averageSize, int sizeVariation, Duration delay) implements Toxic {}

  /** Closes the connection once so many bytes have passed. */
  record LimitData(long bytes) implements Toxic {}
}
