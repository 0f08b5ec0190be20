package io.ennead.cli.route;

import io.ennead.v1.RoutingTrace;

/** Puts pieces together. */
final class Traces {
  private Traces() {}

  static Trace of(RoutingTrace.Builder... pieces) {
    TraceAssembly assembly = new TraceAssembly();
    for (RoutingTrace.Builder piece : pieces) {
      assembly.add(piece.build());
    }
    return assembly.trace();
  }
}
