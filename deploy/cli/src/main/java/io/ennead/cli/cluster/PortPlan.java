package io.ennead.cli.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Who listens where on the loopback address.
 *
 * @param router of the router node
 * @param http port of the router's HTTP API
 * @param cluster gRPC port of the router's ClusterService
 * @param experts of the expert nodes, in order
 */
public record PortPlan(Ports router, int http, int cluster, List<Ports> experts) {
  /** The base port of a cluster that was not given one. */
  public static final int DEFAULT_BASE = 8470;

  private static final int HTTP_OFFSET = 2;
  private static final int CLUSTER_OFFSET = 3;
  private static final int EXPERT_OFFSET = 30;
  private static final int LAST_PORT = 65535;

  /** gRPC and admin HTTP of one node. */
  public record Ports(int grpc, int admin) {
    /** Where clients and peers connect. */
    public String address() {
      return "127.0.0.1:" + grpc;
    }
  }

  /** Copies the list. */
  public PortPlan {
    experts = List.copyOf(experts);
  }

  /**
   * The router at {@code base} to {@code base + 3}, expert i at {@code base + 30 + 2i} and the port
   * after it. Base 0: ports that are free now.
   */
  public static PortPlan of(int base, int experts) {
    if (base == 0) {
      return free(experts);
    }
    int highest = base + EXPERT_OFFSET + 2 * experts - 1;
    if (base < 0 || highest > LAST_PORT) {
      throw new ClusterException(
          "base port: %d (expected: 0 or 1 to %d)"
              .formatted(base, LAST_PORT - EXPERT_OFFSET - 2 * experts + 1));
    }
    int first = base + EXPERT_OFFSET;
    return new PortPlan(
        new Ports(base, base + 1),
        base + HTTP_OFFSET,
        base + CLUSTER_OFFSET,
        IntStream.range(0, experts)
            .mapToObj(i -> new Ports(first + 2 * i, first + 2 * i + 1))
            .toList());
  }

  /** Fails when something listens on one of the ports, naming it. */
  public void requireFree() {
    all().forEach(PortPlan::requireFree);
  }

  private IntStream all() {
    IntStream pairs =
        Stream.concat(Stream.of(router), experts.stream())
            .flatMapToInt(ports -> IntStream.of(ports.grpc(), ports.admin()));
    return IntStream.concat(pairs, IntStream.of(http, cluster));
  }

  private static void requireFree(int port) {
    try (ServerSocket socket = bind(port)) {
      assert socket.isBound();
    } catch (IOException e) {
      throw new ClusterException(
          "port %d is in use (choose others with --base-port)".formatted(port), e);
    }
  }

  private static PortPlan free(int experts) {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 2 * (experts + 1) + 2; i++) {
        sockets.add(bind(0)); // all held at once, so that all differ
      }
      List<Ports> nodes =
          IntStream.rangeClosed(0, experts)
              .mapToObj(i -> new Ports(port(sockets, 2 * i), port(sockets, 2 * i + 1)))
              .toList();
      int http = port(sockets, sockets.size() - 2);
      int cluster = port(sockets, sockets.size() - 1);
      return new PortPlan(nodes.get(0), http, cluster, nodes.subList(1, nodes.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      sockets.forEach(PortPlan::close);
    }
  }

  private static int port(List<ServerSocket> sockets, int index) {
    return sockets.get(index).getLocalPort();
  }

  private static ServerSocket bind(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static void close(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
