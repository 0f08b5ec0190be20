package io.ennead.router.console;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * Something that happened to an expert node.
 *
 * @param id ascending in the order in which they happened
 * @param change grows with every incident and every repetition
 * @param at when it happened first, milliseconds since 1970
 * @param last when it happened last
 * @param node its address
 * @param detail for people; may be empty
 * @param count how often, in short succession
 */
record Incident(
    long id,
    @JsonIgnore long change,
    long at,
    long last,
    Kind kind,
    String node,
    String detail,
    int count) {

  /** What happened. */
  enum Kind {
    /** It serves. */
    READY,
    /** It is not heard from yet, or still loads. */
    CONNECTING,
    /** It no longer answers. */
    LOST,
    /** It answers and does not fit. */
    REFUSED,
    /** It is no longer one of the router's nodes. */
    LEFT,
    /** What it was to do was asked of another one. */
    FAILOVER,
    /** It was slow, and another one was asked as well. */
    HEDGE,
    /** It gets no calls but probes. */
    CIRCUIT_OPENED,
    /** It gets calls again. */
    CIRCUIT_CLOSED;

    /** As the feed has it. */
    @JsonValue
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether many in a row are told as one. */
    boolean repeats() {
      return this == FAILOVER || this == HEDGE;
    }
  }

  boolean sameAs(Kind otherKind, String otherNode, String otherDetail) {
    return kind == otherKind && node.equals(otherNode) && detail.equals(otherDetail);
  }

  Incident again(long newChange, long now) {
    return new Incident(id, newChange, at, now, kind, node, detail, count + 1);
  }
}
