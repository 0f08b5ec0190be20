package io.ennead.wire;

/** Bounds that both ends of a connection set from one place. */
public final class WireLimits {
  /** The largest gRPC message that nodes send or accept: 64 MiB (gRPC's own default is 4 MiB). */
  public static final int MAX_MESSAGE_BYTES = 64 << 20;

  private WireLimits() {}
}
