package io.ennead.router.peer;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** One remote expert node. Safe for use by several threads. */
public interface ExpertPeer {

  /** Where it listens; identifies it. */
  PeerAddress address();

  /** What users may know it as: the name that it gave itself, once it has. */
  String name();

  /** What is known of it now. */
  PeerState state();

  /** When it last said what it is, a {@link System#nanoTime()}; it was well then. */
  long heardNanos();

  /** What it has shown then; empty before it was heard from. */
  default Optional<Heard> heard() {
    return Optional.empty();
  }

  /**
   * Runs experts on rows, without blocking. Cancelling the future cancels the call on the node.
   *
   * @param deadline the call ends by then, one way or another
   * @return the outputs, checked for type and shape; or a {@link PeerException}
   */
  CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline);
}
