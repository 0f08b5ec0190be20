package io.ennead.router.console;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the router knows at one moment. Counters count from the start: who watches makes rates of
 * them.
 *
 * @param at milliseconds since 1970
 * @param rows of each expert by layer since the start or the last balancing, [layer][experts]
 * @param requests the oldest ones
 * @param allRequests how many there are
 */
record Snapshot(
    long at,
    Router router,
    List<Node> nodes,
    Map<Integer, long[]> rows,
    List<Request> requests,
    int allRequests) {

  /** Copies the lists. */
  Snapshot {
    nodes = List.copyOf(nodes);
    requests = List.copyOf(requests);
  }

  /**
   * The router itself.
   *
   * @param missing what readiness waits for; empty: ready
   * @param kvUsage share of the KV cache in use, 0 to 1
   * @param residentBytes of the process; null where the system does not tell
   * @param heapBytes in use of the JVM's heap
   */
  record Router(
      List<String> missing,
      int running,
      int waiting,
      long waitingTokens,
      double kvUsage,
      long promptTokens,
      long generatedTokens,
      @Nullable Long residentBytes,
      long heapBytes) {}

  /**
   * One expert node.
   *
   * @param name as it calls itself
   * @param state ready, connecting, lost or refused
   * @param detail of the state, for people
   * @param open whether it gets no calls but probes
   * @param roundTripMicros of the last question what it is; null before
   * @param rows (a token for one expert) asked of it so far
   * @param residentBytes of its process; null where that is not told
   * @param device empty unless ready
   * @param experts that it holds in at least one layer, ascending
   * @param held pairs of layer and expert
   */
  record Node(
      String address,
      String name,
      String state,
      String detail,
      boolean open,
      @Nullable Long roundTripMicros,
      int inFlight,
      long rows,
      @Nullable Long residentBytes,
      String device,
      List<Integer> experts,
      int held) {}

  /**
   * One sequence of a request.
   *
   * @param id of the response; empty when the request has none
   * @param phase waiting, prefill, decode or set_aside
   * @param computedTokens of the prompt
   * @param ageMillis since it came
   * @param prompt its beginning; null unless the router's operator wants it shown
   */
  record Request(
      String id,
      String phase,
      int promptTokens,
      int computedTokens,
      int generatedTokens,
      int maxTokens,
      long ageMillis,
      @Nullable String prompt) {}
}
