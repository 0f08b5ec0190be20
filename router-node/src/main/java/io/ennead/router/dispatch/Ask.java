package io.ennead.router.dispatch;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.ExpertRows;
import io.ennead.router.peer.ExpertPeer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows that want one expert's output, and who has been asked for it. Used by one thread. */
final class Ask {
  /** Nodes that are asked for one expert of one layer, at most. */
  private static final int MAX_TRIES = 3;

  private final ExpertRows rows;
  private final List<ExpertPeer> tried = new ArrayList<>();
  private int onTime;
  private boolean open = true;
  private @Nullable Failure last;
  private @Nullable Cause cause;

  /** Why a node gave nothing. */
  record Failure(ServingException error, boolean retryable, Cause cause) {}

  /** Which node did not do it, and a word from a small set for why; one per call that failed. */
  record Cause(ExpertPeer peer, String reason) {}

  Ask(ExpertRows rows) {
    this.rows = rows;
  }

  ExpertRows rows() {
    return rows;
  }

  /** Whether an answer is wanted. */
  boolean open() {
    return open;
  }

  void close() {
    open = false;
  }

  /** An answer came and is not to be trusted. */
  void reopen(Cause why) {
    open = true;
    cause = why;
  }

  /** Whether no node is computing it within its time. */
  boolean forsaken() {
    return open && onTime == 0;
  }

  void sent(ExpertPeer peer) {
    tried.add(peer);
    onTime++;
  }

  /** A node ended the call, or its time is over. */
  void nodeIsOut() {
    onTime--;
  }

  void failed(Failure failure) {
    last = failure;
    cause = failure.cause();
  }

  /** Why it has to be asked again. */
  @Nullable Cause cause() {
    return cause;
  }

  @Nullable Failure lastFailure() {
    return last;
  }

  /** Those of the nodes that may be asked now. */
  List<ExpertPeer> untried(List<ExpertPeer> holders) {
    boolean over = tried.size() >= MAX_TRIES || (last != null && !last.retryable());
    return over ? List.of() : holders.stream().filter(peer -> !tried.contains(peer)).toList();
  }

  boolean retried() {
    return !tried.isEmpty();
  }
}
