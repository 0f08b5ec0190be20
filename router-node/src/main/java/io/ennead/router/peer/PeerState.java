package io.ennead.router.peer;

/** What the router knows of a node. Only a node that is {@link Ready} gets calls. */
public sealed interface PeerState {

  /** For people, as "lost: UNAVAILABLE: connection refused". */
  String text();

  /** Not heard from yet, or still loading. */
  record Connecting(String detail) implements PeerState {
    @Override
    public String text() {
      return "connecting: " + detail;
    }
  }

  /** Serves what it described. */
  record Ready(PeerDescription description) implements PeerState {
    @Override
    public String text() {
      return "ready: %s, %d experts".formatted(description.name(), description.experts().size());
    }
  }

  /** Answers, but does not fit this router or its other peers. */
  record Refused(String reason) implements PeerState {
    @Override
    public String text() {
      return "refused: " + reason;
    }
  }

  /** Was ready, and no longer answers. */
  record Lost(String reason) implements PeerState {
    @Override
    public String text() {
      return "lost: " + reason;
    }
  }
}
