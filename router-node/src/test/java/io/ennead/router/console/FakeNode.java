package io.ennead.router.console;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.Heard;
import io.ennead.router.peer.PeerAddress;
import io.ennead.router.peer.PeerDescription;
import io.ennead.router.peer.PeerReply;
import io.ennead.router.peer.PeerRequest;
import io.ennead.router.peer.PeerState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A node of which the test says how it is. */
final class FakeNode implements ExpertPeer {
  private final int port;
  private volatile PeerState state = new PeerState.Connecting("not asked yet");
  private volatile Optional<Heard> heard = Optional.empty();

  FakeNode(int port) {
    this.port = port;
  }

  FakeNode is(PeerState next) {
    state = next;
    return this;
  }

  FakeNode ready(int layers, List<Integer> experts) {
    var held =
        experts.stream()
            .flatMap(
                expert -> IntStream.range(0, layers).mapToObj(layer -> new ExpertId(layer, expert)))
            .collect(Collectors.toMap(Function.identity(), id -> "fingerprint"));
    heard = Optional.of(new Heard(Duration.ofNanos(1_234_567), OptionalLong.of(1 << 20)));
    return is(
        new PeerState.Ready(
            new PeerDescription(name(), "1", "model", "f32", "cpu", "numerics", true, 4, held)));
  }

  @Override
  public PeerAddress address() {
    return new PeerAddress("127.0.0.1", port);
  }

  @Override
  public String name() {
    return "expert-" + port;
  }

  @Override
  public PeerState state() {
    return state;
  }

  @Override
  public long heardNanos() {
    return 0;
  }

  @Override
  public Optional<Heard> heard() {
    return heard;
  }

  @Override
  public CompletableFuture<PeerReply> forward(PeerRequest request, Duration deadline) {
    throw new UnsupportedOperationException();
  }
}
