package io.ennead.router.dispatch;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.PeerAddress;
import io.ennead.router.peer.PeerDescription;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerState;
import io.ennead.wire.Rows;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A ready peer whose expert e gives (e + 1) times the row, when and how the test says. Replies come
 * from another thread.
 */
final class ScriptedPeer implements ExpertPeer {
  private final PeerAddress address;
  private final Queue<PeerRequest> requests = new ConcurrentLinkedQueue<>();
  private final Queue<CompletableFuture<PeerReply>> replies = new ConcurrentLinkedQueue<>();
  private volatile long delayMillis;
  private volatile boolean hangs;
  private volatile float factor = 1;
  private volatile long heardNanos = System.nanoTime();

  ScriptedPeer(int port) {
    this.address = new PeerAddress("peer", port);
  }

  /** Every expert of layer 0. */
  static Map<ExpertId, List<ExpertPeer>> holders(int experts, ExpertPeer... peers) {
    Map<ExpertId, List<ExpertPeer>> holders = new HashMap<>();
    for (int expert = 0; expert < experts; expert++) {
      holders.put(new ExpertId(0, expert), List.of(peers));
    }
    return holders;
  }

  ScriptedPeer delay(long milliseconds) {
    delayMillis = milliseconds;
    return this;
  }

  ScriptedPeer hang(boolean on) {
    hangs = on;
    return this;
  }

  /** Answers the first call, which hangs. */
  void answer() {
    replies.element().complete(new PeerReply(compute(requests.element()), 1, 1));
  }

  /** Outputs are multiplied by it. */
  ScriptedPeer distort(float by) {
    factor = by;
    return this;
  }

  void sayHello() {
    heardNanos = System.nanoTime();
  }

  int calls() {
    return requests.size();
  }

  List<CompletableFuture<PeerReply>> replies() {
    return new ArrayList<>(replies);
  }

  @Override
  public PeerAddress address() {
    return address;
  }

  @Override
  public PeerState state() {
    return new PeerState.Ready(
        new PeerDescription(
            address.toString(), "1", "model", "f32", "cpu", "bits", true, 1, Map.of()));
  }

  @Override
  public String name() {
    return address.toString();
  }

  @Override
  public long heardNanos() {
    return heardNanos;
  }

  @Override
  public CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline) {
    requests.add(request);
    CompletableFuture<PeerReply> reply = new CompletableFuture<>();
    replies.add(reply);
    if (!hangs) {
      CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS)
          .execute(() -> reply.complete(new PeerReply(compute(request), 1, 1)));
    }
    return reply;
  }

  private Rows compute(PeerRequest request) {
    int width = request.rows().width();
    int count = request.slices().stream().mapToInt(slice -> slice.rows().length).sum();
    float[] outputs = new float[count * width];
    int at = 0;
    for (PeerRequest.Slice slice : request.slices()) {
      for (int row : slice.rows()) {
        request.rows().read(row, outputs, at);
        for (int i = at; i < at + width; i++) {
          outputs[i] *= factor * (slice.expert() + 1);
        }
        at += width;
      }
    }
    return Rows.of(outputs, width);
  }
}
