package io.ennead.cli.survival;

import static io.ennead.cli.survival.Direction.DOWNSTREAM;
import static io.ennead.cli.survival.Direction.UPSTREAM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client, the proxy, and a server that sends back what it gets. */
@Timeout(30)
class FaultProxyTest {
  private static final long SEED = 17;
  private static final Duration SOON = Duration.ofMillis(100);

  private final ServerSocket echo = listen();
  private FaultProxy proxy;
  private Socket client;

  private static ServerSocket listen() {
    try {
      return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void connect() throws IOException {
    FaultProxy.daemon("echo", this::acceptAll).start();
    proxy = FaultProxy.open(echo.getLocalPort(), SEED);
    client = dial();
  }

  private void acceptAll() {
    while (!echo.isClosed()) {
      try {
        Socket socket = echo.accept();
        FaultProxy.daemon("echo", () -> echo(socket)).start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The test ended the connection.
    }
  }

  private Socket dial() throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), proxy.port()), 2000);
    socket.setSoTimeout(5000);
    return socket;
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    proxy.close();
    echo.close();
  }

  @Test
  void withoutToxicsAMebibyteComesBackUnchanged() throws IOException {
    byte[] sent = bytes(1 << 20);
    assertThat(roundTrip(sent)).isEqualTo(sent);
  }

  @Test
  void latencyDelaysWithoutTakingBandwidth() throws IOException {
    proxy.add("slow", UPSTREAM, new Toxic.Latency(SOON, Duration.ofMillis(20)));
    byte[] sent = bytes(2 << 20); // 128 chunks: a second and more each, were they delayed in turn
    long start = System.nanoTime();
    assertThat(roundTrip(sent)).isEqualTo(sent);
    assertThat(since(start)).isBetween(Duration.ofMillis(80), Duration.ofSeconds(5));
  }

  @Test
  void aRemovedToxicDelaysNoLonger() throws IOException {
    proxy.add("slow", UPSTREAM, new Toxic.Latency(Duration.ofSeconds(2), Duration.ZERO));
    proxy.remove("slow");
    long start = System.nanoTime();
    roundTrip(bytes(10));
    assertThat(since(start)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void bandwidthIsWhatItSays() throws IOException {
    proxy.add("narrow", DOWNSTREAM, new Toxic.Bandwidth(200_000));
    long start = System.nanoTime();
    roundTrip(bytes(100_000));
    assertThat(since(start)).isGreaterThan(Duration.ofMillis(400));
  }

  @Test
  void slowCloseHoldsTheEndBack() throws IOException {
    proxy.add("late", DOWNSTREAM, new Toxic.SlowClose(SOON));
    long start = System.nanoTime();
    client.shutdownOutput();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(since(start)).isGreaterThan(SOON);
  }

  @Test
  void aTimeoutOfZeroIsABlackHoleAndItsEndClosesTheConnection() throws IOException {
    proxy.add("hole", UPSTREAM, new Toxic.Timeout(Duration.ZERO));
    client.setSoTimeout(100);
    assertThatThrownBy(() -> roundTrip(bytes(10))).isInstanceOf(SocketTimeoutException.class);
    proxy.remove("hole");
    client.setSoTimeout(5000);
    assertThat(client.getInputStream().read()).isEqualTo(-1);
  }

  @Test
  void aTimeoutClosesTheConnectionWhenItIsOver() throws IOException {
    proxy.add("hole", UPSTREAM, new Toxic.Timeout(SOON));
    long start = System.nanoTime();
    client.getOutputStream().write(1);
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThat(since(start)).isGreaterThan(SOON.minusMillis(10));
  }

  @Test
  void resetPeerEndsTheConnectionWithAReset() {
    proxy.add("reset", UPSTREAM, new Toxic.ResetPeer(SOON));
    assertThatThrownBy(() -> client.getInputStream().read())
        .isInstanceOf(SocketException.class)
        .hasMessageContaining("reset");
  }

  @Test
  void aSlicerCutsAndChangesNothing() throws IOException {
    proxy.add("cut", DOWNSTREAM, new Toxic.Slicer(100, 20, Duration.ofMillis(1)));
    byte[] sent = bytes(5000);
    long start = System.nanoTime();
    assertThat(roundTrip(sent)).isEqualTo(sent);
    // 41 pieces of at most 120 bytes, and a pause after each
    assertThat(since(start)).isGreaterThan(Duration.ofMillis(41));
  }

  @Test
  void limitDataClosesAfterExactlySoManyBytes() throws IOException {
    proxy.add("limit", DOWNSTREAM, new Toxic.LimitData(1000));
    client.getOutputStream().write(bytes(5000));
    assertThat(client.getInputStream().readNBytes(5000)).hasSize(1000);
  }

  @Test
  void downEndsConnectionsAndRefusesNewOnesUntilUp() throws IOException {
    roundTrip(bytes(10));
    int port = proxy.port();
    proxy.down();
    assertThat(client.getInputStream().read()).isEqualTo(-1);
    assertThatThrownBy(this::dial).isInstanceOf(IOException.class);
    proxy.up();
    client = dial();
    assertThat(proxy.port()).isEqualTo(port);
    assertThat(roundTrip(bytes(10))).isEqualTo(bytes(10));
  }

  @Test
  void toxicityIsTheShareOfConnectionsConcerned() {
    proxy.add("some", UPSTREAM, 0.3, new Toxic.LimitData(1));
    long concerned =
        IntStream.range(0, 1000).filter(i -> !proxy.toxics(UPSTREAM, i).isEmpty()).count();
    assertThat(concerned).as("seed %d", SEED).isBetween(250L, 350L);
    assertThat(proxy.toxics(DOWNSTREAM, 1)).isEmpty();
  }

  @Test
  void theProxyHoldsNoMoreThanItsBuffersWhenNobodyReads() {
    proxy.add("stop", UPSTREAM, new Toxic.Bandwidth(1));
    AtomicLong written = new AtomicLong();
    FaultProxy.daemon("flood", () -> flood(written)).start();
    AtomicLong before = new AtomicLong(-1);
    Awaitility.await()
        .pollInterval(SOON)
        .until(() -> before.getAndSet(written.get()) == written.get());
    assertThat(written).hasValueLessThan(32 << 20); // 4 MiB here; the system's buffers vary
  }

  private void flood(AtomicLong written) {
    try {
      OutputStream out = client.getOutputStream();
      byte[] piece = bytes(64 << 10);
      while (true) {
        out.write(piece);
        written.addAndGet(piece.length);
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private byte[] roundTrip(byte[] sent) throws IOException {
    Socket socket = client;
    FaultProxy.daemon("send", () -> send(socket, sent)).start();
    return socket.getInputStream().readNBytes(sent.length);
  }

  private static void send(Socket socket, byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      // The reader sees that as well.
    }
  }

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(SEED).nextBytes(bytes);
    return bytes;
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }
}
