package io.ennead.cli.survival;

import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** A client's socket and the one to the server, with a flow in each direction. Thread-safe. */
final class ProxyConnection {
  private final FaultProxy proxy;
  private final long number;
  private final Socket client;
  private final Socket server;
  private final long seed;
  private final AtomicInteger openFlows = new AtomicInteger(2);

  ProxyConnection(FaultProxy proxy, long number, Socket client, Socket server, long seed) {
    this.proxy = proxy;
    this.number = number;
    this.client = client;
    this.server = server;
    this.seed = seed;
  }

  void start() {
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
    } catch (IOException e) {
      close();
    }
    new ProxyFlow(this, Direction.UPSTREAM, client, server, seed + number).start();
    new ProxyFlow(this, Direction.DOWNSTREAM, server, client, seed - number).start();
  }

  /** From 1, in the order of being accepted. */
  long number() {
    return number;
  }

  FaultProxy proxy() {
    return proxy;
  }

  /** A direction has passed its end on; the sockets go when both have. */
  void flowEnded() {
    if (openFlows.decrementAndGet() == 0) {
      close();
    }
  }

  /** Ends both sides as a process that leaves would. */
  void close() {
    proxy.ended(this);
    close(client);
    close(server);
  }

  /** Ends both sides with an RST. */
  void reset() {
    proxy.ended(this);
    reset(client);
    reset(server);
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // Closed already: nothing left to reset.
    }
    close(socket);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing more can be done for it, and its descriptor is gone.
    }
  }
}
