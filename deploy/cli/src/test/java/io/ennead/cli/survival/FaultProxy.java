package io.ennead.cli.survival;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A TCP proxy on a loopback port that spoils connections on demand, in Toxiproxy's vocabulary.
 * Toxics may be added and removed while connections live. Buffers are bounded: a reader waits for
 * its writer.
 *
 * <p>Thread-safe. One thread accepts; each connection has two threads per direction.
 */
final class FaultProxy implements AutoCloseable {
  private static final int CONNECT_LIMIT_MILLIS = 2000;

  private final InetSocketAddress server;
  private final long seed;
  private final List<ActiveToxic> toxics = new CopyOnWriteArrayList<>();
  private final Set<ProxyConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicLong accepted = new AtomicLong();
  private final ScheduledThreadPoolExecutor clock;
  private ServerSocket listener;
  private volatile Thread acceptor = new Thread(); // one that has ended, until there is one

  private FaultProxy(InetSocketAddress server, long seed, ServerSocket listener) {
    this.server = server;
    this.seed = seed;
    this.listener = listener;
    this.clock = new ScheduledThreadPoolExecutor(1, task -> daemon("proxy-clock", task));
  }

  /**
   * Listens on a free port and passes on to a server.
   *
   * @param seed of everything that is drawn: jitter, sizes of slices, connections concerned
   */
  static FaultProxy open(int serverPort, long seed) throws IOException {
    InetSocketAddress server = new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort);
    FaultProxy proxy = new FaultProxy(server, seed, listen(0));
    proxy.acceptFrom(proxy.listener);
    return proxy;
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Where clients connect; stays the same. */
  synchronized int port() {
    return listener.getLocalPort();
  }

  /** Adds a toxic to every connection of now and later. */
  void add(String name, Direction direction, Toxic toxic) {
    add(name, direction, 1, toxic);
  }

  /** Adds a toxic to a share of the connections of now and later. */
  synchronized void add(String name, Direction direction, double toxicity, Toxic toxic) {
    if (toxics.stream().anyMatch(other -> other.name().equals(name))) {
      throw new IllegalArgumentException("toxic: %s (expected: a new name)".formatted(name));
    }
    ActiveToxic active = new ActiveToxic(name, direction, toxicity, toxic, seed);
    toxics.add(active);
    connections.forEach(connection -> schedule(active, connection));
  }

  /**
   * Removes a toxic. Connections that lost data to a {@link Toxic.Timeout} are closed: what is
   * missing cannot come any more.
   */
  synchronized void remove(String name) {
    toxics.stream().filter(toxic -> toxic.name().equals(name)).findFirst().ifPresent(this::remove);
  }

  private void remove(ActiveToxic active) {
    toxics.remove(active);
    if (active.toxic() instanceof Toxic.Timeout) {
      connections.stream()
          .filter(connection -> active.concerns(active.direction(), connection.number()))
          .forEach(ProxyConnection::close);
    }
  }

  /** Removes all toxics. */
  synchronized void clear() {
    List.copyOf(toxics).forEach(this::remove);
  }

  /** Ends every connection and refuses new ones. */
  void down() throws IOException {
    closeListener();
    join(acceptor); // the port listens as long as that thread is in the system's call
    connections.forEach(ProxyConnection::close);
  }

  private synchronized void closeListener() throws IOException {
    listener.close();
  }

  private static void join(Thread thread) {
    try {
      thread.join(CONNECT_LIMIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Accepts connections again, on the same port. */
  synchronized void up() throws IOException {
    if (listener.isClosed()) {
      listener = listen(listener.getLocalPort());
      acceptFrom(listener);
    }
  }

  /** Connections accepted so far. */
  long accepted() {
    return accepted.get();
  }

  /** What is done to a direction of a connection now. */
  List<Toxic> toxics(Direction direction, long connection) {
    return toxics.stream()
        .filter(toxic -> toxic.concerns(direction, connection))
        .map(ActiveToxic::toxic)
        .toList();
  }

  void ended(ProxyConnection connection) {
    connections.remove(connection);
  }

  private void acceptFrom(ServerSocket socket) {
    acceptor = daemon("proxy-accept", () -> acceptAll(socket));
    acceptor.start();
  }

  private void acceptAll(ServerSocket socket) {
    while (!socket.isClosed()) {
      try {
        accept(socket.accept());
      } catch (IOException e) {
        // Closed, or the client left already: the loop's condition tells.
      }
    }
  }

  private void accept(Socket client) throws IOException {
    Socket onward = new Socket();
    try {
      onward.connect(server, CONNECT_LIMIT_MILLIS);
    } catch (IOException e) {
      client.close(); // as the refusal of a server that is not there
      throw e;
    }
    begin(new ProxyConnection(this, accepted.incrementAndGet(), client, onward, seed));
  }

  private synchronized void begin(ProxyConnection connection) {
    connections.add(connection);
    connection.start();
    toxics.forEach(toxic -> schedule(toxic, connection));
    if (listener.isClosed()) {
      connection.close();
    }
  }

  private void schedule(ActiveToxic active, ProxyConnection connection) {
    if (!active.concerns(active.direction(), connection.number())) {
      return;
    }
    if (active.toxic() instanceof Toxic.ResetPeer reset) {
      after(reset.timeout(), active, connection::reset);
    } else if (active.toxic() instanceof Toxic.Timeout timeout && !timeout.timeout().isZero()) {
      after(timeout.timeout(), active, connection::close);
    }
  }

  private void after(Duration delay, ActiveToxic active, Runnable action) {
    Runnable unlessRemoved =
        () -> {
          if (toxics.contains(active)) {
            action.run();
          }
        };
    var unused = clock.schedule(unlessRemoved, delay.toNanos(), TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() throws IOException {
    down();
    clock.shutdownNow();
  }
}
