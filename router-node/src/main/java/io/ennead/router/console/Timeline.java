package io.ennead.router.console;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.ennead.router.console.Incident.Kind;
import io.ennead.router.dispatch.NodeEvents;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerState;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last {@value #MOST} incidents of the expert nodes. Repetitions within {@value #SOON_MILLIS}
 * ms are told as one, so that a slow node does not push out what happened before. Thread-safe;
 * holds its lock for a look through the list only.
 */
public final class Timeline implements NodeEvents {
  static final int MOST = 200;
  static final long SOON_MILLIS = 10_000;

  private final LongSupplier clock;

  /** In the order in which they happened first. */
  @GuardedBy("this")
  private final List<Incident> incidents = new ArrayList<>();

  /** What the nodes were when they were last looked at. */
  @GuardedBy("this")
  private Map<ExpertPeer, PeerState> states = new IdentityHashMap<>();

  @GuardedBy("this")
  private long changes;

  /** An empty one. */
  public Timeline() {
    this(System::currentTimeMillis);
  }

  Timeline(LongSupplier clock) {
    this.clock = clock;
  }

  /** Looks at the nodes anew: one of them has changed. */
  public synchronized void look(List<? extends ExpertPeer> peers) {
    Map<ExpertPeer, PeerState> next = new IdentityHashMap<>();
    for (ExpertPeer peer : peers) {
      PeerState now = peer.state();
      next.put(peer, now);
      if (isNews(states.remove(peer), now)) {
        add(kind(now), peer, now.detail());
      }
    }
    states.keySet().forEach(gone -> add(Kind.LEFT, gone, ""));
    states = next;
  }

  /** A node that is lost stays so, whatever it says of how far it has come back. */
  private static boolean isNews(@Nullable PeerState before, PeerState now) {
    boolean stillLost = before instanceof PeerState.Lost && now instanceof PeerState.Lost;
    return !now.equals(before) && !stillLost && !(now instanceof PeerState.Connecting);
  }

  private static Kind kind(PeerState state) {
    if (state instanceof PeerState.Ready) {
      return Kind.READY;
    }
    if (state instanceof PeerState.Lost) {
      return Kind.LOST;
    }
    return state instanceof PeerState.Refused ? Kind.REFUSED : Kind.CONNECTING;
  }

  @Override
  public void failedOver(ExpertPeer from, String reason) {
    add(Kind.FAILOVER, from, reason);
  }

  @Override
  public void hedged(ExpertPeer slow) {
    add(Kind.HEDGE, slow, "");
  }

  @Override
  public void opened(ExpertPeer node, String why) {
    add(Kind.CIRCUIT_OPENED, node, why);
  }

  @Override
  public void closed(ExpertPeer node) {
    add(Kind.CIRCUIT_CLOSED, node, "");
  }

  private synchronized void add(Kind kind, ExpertPeer peer, String detail) {
    long now = clock.getAsLong();
    String node = peer.address().toString();
    int known = kind.repeats() ? latest(kind, node, detail, now) : -1;
    if (known >= 0) {
      incidents.set(known, incidents.get(known).again(++changes, now));
      return;
    }
    if (incidents.size() == MOST) {
      incidents.remove(0);
    }
    changes++;
    incidents.add(new Incident(changes, changes, now, now, kind, node, detail, 1));
  }

  /** Index of the one that this repeats; -1 when it repeats none. */
  @GuardedBy("this")
  private int latest(Kind kind, String node, String detail, long now) {
    for (int i = incidents.size() - 1; i >= 0; i--) {
      Incident incident = incidents.get(i);
      if (incident.sameAs(kind, node, detail) && now - incident.last() <= SOON_MILLIS) {
        return i;
      }
    }
    return -1;
  }

  /** What is new, or has been repeated, since a {@link Incident#change()}; 0: everything. */
  synchronized List<Incident> since(long change) {
    return incidents.stream().filter(incident -> incident.change() > change).toList();
  }
}
