package io.ennead.router.peer;

import io.ennead.expert.architecture.ExpertId;
import java.util.Map;

/** What the router knows of a node. Only a node that is {@link Ready} gets calls. */
public sealed interface PeerState {

  /** The kind of state in a word, as "lost". */
  String word();

  /** More, for people, as "UNAVAILABLE: connection refused". */
  String detail();

  /** Both, as "lost: UNAVAILABLE: connection refused". */
  default String text() {
    return word() + ": " + detail();
  }

  /** Fingerprints of the experts that calls may name now: none unless {@link Ready}. */
  default Map<ExpertId, String> experts() {
    return Map.of();
  }

  /** Not heard from yet, or still loading. */
  record Connecting(String detail) implements PeerState {
    @Override
    public String word() {
      return "connecting";
    }
  }

  /** Serves what it described. */
  record Ready(PeerDescription description) implements PeerState {
    @Override
    public Map<ExpertId, String> experts() {
      return description.experts();
    }

    @Override
    public String word() {
      return "ready";
    }

    @Override
    public String detail() {
      return "%s, %d experts".formatted(description.name(), description.experts().size());
    }
  }

  /** Answers, but does not fit this router or its other peers. */
  record Refused(String detail) implements PeerState {
    @Override
    public String word() {
      return "refused";
    }
  }

  /** Was ready, and no longer answers. */
  record Lost(String detail) implements PeerState {
    @Override
    public String word() {
      return "lost";
    }
  }
}
