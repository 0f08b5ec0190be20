package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import java.util.Map;

/** What the router knows of a node. Only a node that is {@link Ready} gets calls. */
public sealed interface PeerState {

  /** For people, as "lost: UNAVAILABLE: connection refused". */
  String text();

  /** Fingerprints of the experts that calls may name now: none unless {@link Ready}. */
  default Map<ExpertId, String> experts() {
    return Map.of();
  }

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
    public Map<ExpertId, String> experts() {
      return description.experts();
    }

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
