package io.ennead.router.peer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The expert nodes of a router: those listed, then those that DNS names, by address. A node that
 * DNS names no longer leaves when it is not ready any more either: DNS alone may be wrong for a
 * while. Refreshed by one thread, read by any.
 */
final class Membership implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(Membership.class);

  private final List<PeerSource> sources;
  private final Resolver resolver;
  private final Opener opener;
  private volatile List<GrpcExpertPeer> peers = List.of();

  @GuardedBy("this")
  private boolean closed;

  /** Looks names up. */
  @FunctionalInterface
  interface Resolver {
    /** The addresses of a name; fails when there are none. */
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /** Begins to talk to a node. */
  @FunctionalInterface
  interface Opener {
    /**
     * A peer.
     *
     * @param name what its certificate must be for, if that is not its address
     */
    GrpcExpertPeer open(PeerAddress address, Optional<String> name);
  }

  Membership(List<PeerSource> sources, Resolver resolver, Opener opener) {
    this.sources = List.copyOf(sources);
    this.resolver = resolver;
    this.opener = opener;
  }

  /** Those known now. */
  List<GrpcExpertPeer> peers() {
    return peers;
  }

  /** Whether they may change. */
  boolean changes() {
    return sources.stream().anyMatch(PeerSource.Named.class::isInstance);
  }

  /** Looks all names up; true when nodes came or went. Blocks. */
  boolean refresh() {
    Map<PeerAddress, Optional<String>> named = new LinkedHashMap<>();
    boolean allKnown = true;
    for (PeerSource source : sources) {
      allKnown &= addTo(named, source);
    }
    return change(named, allKnown);
  }

  private synchronized boolean change(Map<PeerAddress, Optional<String>> named, boolean allKnown) {
    if (closed) {
      return false;
    }
    List<GrpcExpertPeer> next = new ArrayList<>();
    for (GrpcExpertPeer peer : peers) {
      boolean missing = named.remove(peer.address()) == null;
      if (missing && allKnown && !isReady(peer)) {
        logger.info("expert node {} has left", peer.address());
        peer.close();
      } else {
        next.add(peer);
      }
    }
    boolean changed = next.size() < peers.size() || !named.isEmpty();
    named.forEach((address, name) -> next.add(opener.open(address, name)));
    peers = List.copyOf(next);
    return changed;
  }

  private static boolean isReady(GrpcExpertPeer peer) {
    return peer.state() instanceof PeerState.Ready;
  }

  /** False when a name cannot be looked up now. */
  private boolean addTo(Map<PeerAddress, Optional<String>> members, PeerSource source) {
    if (source instanceof PeerSource.Listed listed) {
      members.put(listed.address(), Optional.empty());
      return true;
    }
    PeerSource.Named name = (PeerSource.Named) source;
    try {
      Stream.of(resolver.resolve(name.host()))
          .map(InetAddress::getHostAddress)
          .sorted(Comparator.naturalOrder())
          .forEach(
              host ->
                  members.putIfAbsent(
                      new PeerAddress(host, name.port()), Optional.of(name.host())));
      return true;
    } catch (UnknownHostException e) {
      logger.debug("expert nodes: no address of {}: {}", name.host(), e.getMessage());
      return false;
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    peers.forEach(GrpcExpertPeer::close);
  }
}
