package io.ennead.node;

import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * What gRPC's server logs of its peers' mistakes, which is a line or a stack trace a frame: one
 * connection of senseless frames would write gigabytes. Its own failures are still logged.
 */
final class TransportLogs {
  // Held, since the JDK forgets loggers that nobody holds, and their levels with them.
  private static final List<Logger> OF_PEERS =
      Stream.of("NettyServerHandler", "NettyServerTransport", "NettyServerStream")
          .map(name -> Logger.getLogger("io.grpc.netty." + name))
          .toList();
  private static final Logger OF_CALLS = Logger.getLogger("io.grpc.internal.SerializingExecutor");

  private TransportLogs() {}

  /** Leaves peers' mistakes out of the log of this process. */
  static void leaveOutPeers() {
    OF_PEERS.forEach(logger -> logger.setLevel(Level.SEVERE));
    // A message that cannot be read is thrown as the status that the peer gets.
    OF_CALLS.setFilter(record -> !(record.getThrown() instanceof StatusRuntimeException));
  }
}
