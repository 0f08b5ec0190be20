package io.ennead.router.peer;

import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import io.ennead.node.DaemonThreads;
import io.ennead.node.Dialer;
import io.ennead.node.EventLoops;
import io.ennead.node.GrpcErrors;
import io.ennead.v1.DescribeNodeResponse;
import io.grpc.Status;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the state of every expert node up to date: asks each what it is, again and again, and
 * decides whether it may serve. One thread owns the asking, which the calls themselves do not
 * block; another one judges the answers, one at a time, as that may read weights for minutes. So a
 * node that hangs or is being judged does not keep the others from being asked.
 *
 * <p>A node that is not connected is dialled anew with every poll, so that one that comes back
 * serves again within two intervals.
 */
public final class PeerMonitor implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(PeerMonitor.class);

  /** Java itself remembers an address for as long ({@code networkaddress.cache.ttl}) or longer. */
  private static final Duration NAMES_INTERVAL = Duration.ofSeconds(5);

  private final Options options;
  private final PeerCheck check;
  private final Membership members;
  private final Changes changes;
  private final EventLoops loops;
  private final ScheduledThreadPoolExecutor thread;
  private final ScheduledThreadPoolExecutor resolving;
  private final ThreadPoolExecutor judge;

  // Peers whose answer or judgement is awaited. Used on the monitor's thread only.
  private final Set<GrpcExpertPeer> asked = new HashSet<>();

  /**
   * How often to ask.
   *
   * @param interval time between two polls of a node
   * @param timeout a node that does not answer for so long is lost
   */
  public record Options(Duration interval, Duration timeout) {
    /** Four times a second; three seconds. */
    public static final Options DEFAULT =
        new Options(Duration.ofMillis(250), Duration.ofSeconds(3));

    /** Checks ranges. */
    public Options {
      if (interval.toMillis() < 1 || timeout.toMillis() < 1) {
        throw new IllegalArgumentException(
            "poll interval and timeout: %s, %s (expected: at least 1 ms)"
                .formatted(interval, timeout));
      }
    }
  }

  private PeerMonitor(
      Options options, PeerCheck check, Membership members, Changes changes, EventLoops loops) {
    this.options = options;
    this.check = check;
    this.members = members;
    this.changes = changes;
    this.loops = loops;
    this.thread = scheduler("peer-monitor");
    this.resolving = scheduler("peer-names");
    this.judge =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), // at most one answer of each node
            DaemonThreads.named("peer-judge"),
            new ThreadPoolExecutor.DiscardPolicy());
  }

  // What arrives after the end is discarded.
  private static ScheduledThreadPoolExecutor scheduler(String name) {
    return new ScheduledThreadPoolExecutor(
        1, DaemonThreads.named(name), new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Starts asking nodes at fixed addresses, without TLS. */
  public static PeerMonitor start(
      List<PeerAddress> addresses,
      Expectations expected,
      Options options,
      Consumer<List<ExpertPeer>> onChange) {
    List<PeerSource> sources =
        addresses.stream().map(a -> (PeerSource) new PeerSource.Listed(a)).toList();
    return start(sources, Dialer.PLAINTEXT, expected, options, onChange);
  }

  /**
   * Starts asking.
   *
   * @param sources of the nodes, in the order in which replicas are preferred; each once
   * @param onChange gets all peers after every change of one of them, on whichever thread saw it
   */
  public static PeerMonitor start(
      List<PeerSource> sources,
      Dialer dialer,
      Expectations expected,
      Options options,
      Consumer<List<ExpertPeer>> onChange) {
    return start(sources, InetAddress::getAllByName, dialer, expected, options, onChange);
  }

  static PeerMonitor start(
      List<PeerSource> sources,
      Membership.Resolver resolver,
      Dialer dialer,
      Expectations expected,
      Options options,
      Consumer<List<ExpertPeer>> onChange) {
    if (Set.copyOf(sources).size() != sources.size()) {
      throw new IllegalArgumentException(
          "peers: %s (expected: each address once)".formatted(sources));
    }
    PeerCodec codec = new PeerCodec(expected);
    Changes changes = new Changes(onChange);
    EventLoops loops = EventLoops.named("grpc-peers");
    Membership members =
        new Membership(
            sources,
            resolver,
            (address, name) -> GrpcExpertPeer.open(address, name, dialer, loops, codec, changes));
    PeerMonitor monitor =
        new PeerMonitor(options, new PeerCheck(expected), members, changes, loops);
    monitor.refresh();
    monitor.schedule();
    return monitor;
  }

  /** Passes changes on once all peers exist. */
  private static final class Changes implements Runnable {
    private final Consumer<List<ExpertPeer>> listener;
    private volatile List<ExpertPeer> peers = List.of();

    Changes(Consumer<List<ExpertPeer>> listener) {
      this.listener = listener;
    }

    void begin(List<ExpertPeer> all) {
      peers = all;
      run();
    }

    @Override
    public void run() {
      listener.accept(peers);
    }
  }

  private void refresh() {
    if (members.refresh()) {
      changes.begin(List.copyOf(members.peers()));
    }
  }

  private void schedule() {
    if (members.changes()) {
      long nanos = NAMES_INTERVAL.toNanos();
      var unused =
          resolving.scheduleWithFixedDelay(this::refresh, nanos, nanos, TimeUnit.NANOSECONDS);
    }
    var unused =
        thread.scheduleWithFixedDelay(
            this::askAll, 0, options.interval().toNanos(), TimeUnit.NANOSECONDS);
  }

  private void askAll() {
    for (GrpcExpertPeer peer : members.peers()) {
      if (asked.add(peer)) {
        ask(peer);
      }
    }
  }

  private void ask(GrpcExpertPeer peer) {
    String known = "";
    if (peer.state() instanceof PeerState.Ready ready) {
      known = ready.description().generation();
    } else {
      peer.connectNow();
    }
    Answer answer = new Answer(peer, known); // before asking, since it takes the time
    Futures.addCallback(peer.describe(known, options.timeout()), answer, thread);
  }

  /** Decides on an answer; whatever goes wrong, the node has a state that says so. */
  private void judge(GrpcExpertPeer peer, DescribeNodeResponse response) {
    try {
      List<GrpcExpertPeer> others =
          members.peers().stream().filter(other -> other != peer).toList();
      peer.become(check.judge(PeerDescription.of(response), others));
    } catch (Throwable e) { // a model file that is cut short while mapped is an Error
      logger.error("cannot judge expert node {}", peer.address(), e);
      peer.become(new PeerState.Refused("%s: %s".formatted(response.getNodeName(), e)));
    } finally {
      thread.execute(() -> asked.remove(peer));
    }
  }

  /** What a node answers; runs on the monitor's thread. */
  private final class Answer implements FutureCallback<DescribeNodeResponse> {
    private final GrpcExpertPeer peer;
    private final String known;
    private final long askedAt = System.nanoTime();

    Answer(GrpcExpertPeer peer, String known) {
      this.peer = peer;
      this.known = known;
    }

    @Override
    public void onSuccess(@Nullable DescribeNodeResponse answer) {
      DescribeNodeResponse response = Objects.requireNonNull(answer, "answer");
      Duration roundTrip = Duration.ofNanos(System.nanoTime() - askedAt);
      peer.hear(Heard.in(response, roundTrip));
      if (!known.isEmpty() && response.getGeneration().equals(known)) {
        // Unchanged. Should a call have failed meanwhile, then the next poll asks for everything.
        asked.remove(peer);
        return;
      }
      judge.execute(() -> judge(peer, response));
    }

    @Override
    public void onFailure(Throwable failure) {
      asked.remove(peer);
      String why = why(failure);
      boolean heardFrom = !(peer.state() instanceof PeerState.Connecting);
      peer.become(heardFrom ? new PeerState.Lost(why) : new PeerState.Connecting(why));
    }

    private String why(Throwable failure) {
      return GrpcErrors.codeOf(failure) == Status.Code.DEADLINE_EXCEEDED
          ? "no answer within %d ms".formatted(options.timeout().toMillis())
          : String.valueOf(GrpcErrors.fromThrowable(failure).getMessage());
    }
  }

  /** All nodes known now. */
  public List<ExpertHolder> peers() {
    return List.copyOf(members.peers());
  }

  /** Stops asking and closes every channel; calls in progress fail. */
  @Override
  public void close() {
    thread.shutdownNow();
    resolving.shutdownNow();
    judge.shutdownNow();
    members.close();
    loops.close();
  }
}
