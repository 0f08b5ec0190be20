package io.ennead.router.console;

import io.ennead.expert.architecture.ExpertId;
import io.ennead.node.ResidentMemory;
import io.ennead.router.console.Snapshot.Node;
import io.ennead.router.console.Snapshot.Request;
import io.ennead.router.console.Snapshot.Router;
import io.ennead.router.dispatch.NodeLoad;
import io.ennead.router.generate.GenerationLoad;
import io.ennead.router.generate.LiveRequest;
import io.ennead.router.generate.LiveRequests;
import io.ennead.router.peer.ExpertPeer;
import io.ennead.router.peer.Heard;
import io.ennead.router.peer.PeerDescription;
import io.ennead.router.peer.PeerState;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Takes snapshots. Used by one thread at a time. */
final class Sampler {
  static final int MOST_REQUESTS = 200;
  static final int PROMPT_TOKENS = 24;

  /** A step of a large model may take longer; what was seen before is shown until then. */
  private static final Duration PATIENCE = Duration.ofMillis(300);

  private static final LiveRequests NONE = new LiveRequests(List.of(), 0);

  private final Sources sources;
  private final LongSupplier clock;
  private LiveRequests seen = NONE;
  private @Nullable CompletableFuture<LiveRequests> looking;

  Sampler(Sources sources, LongSupplier clock) {
    this.sources = sources;
    this.clock = clock;
  }

  ModelFacts model() {
    return ModelFacts.of(sources.model(), sources.httpPort(), sources.promptText().isPresent());
  }

  Snapshot take() throws InterruptedException {
    LiveRequests requests = requests();
    return new Snapshot(
        clock.getAsLong(),
        router(),
        sources.peers().get().stream().map(this::node).toList(),
        sources.rows().rows(),
        requests.oldest().stream().map(this::request).toList(),
        requests.all());
  }

  /** One question at a time, so that a loop that is busy for long is not asked again and again. */
  private LiveRequests requests() throws InterruptedException {
    if (looking == null) {
      int promptTokens = sources.promptText().isPresent() ? PROMPT_TOKENS : 0;
      looking = sources.requests().look(MOST_REQUESTS, promptTokens);
    }
    try {
      seen = looking.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      looking = null;
    } catch (TimeoutException e) {
      // Seen with the next snapshot.
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot look at the requests", e.getCause());
    }
    return seen;
  }

  private Router router() {
    GenerationLoad load = sources.generation().get();
    Runtime jvm = Runtime.getRuntime();
    return new Router(
        sources.readiness().missing(),
        load.running(),
        load.waiting(),
        load.waitingTokens(),
        load.kvUsage(),
        load.promptTokens(),
        load.generatedTokens(),
        orNull(ResidentMemory.bytes()),
        jvm.totalMemory() - jvm.freeMemory());
  }

  private Node node(ExpertPeer peer) {
    PeerState state = peer.state();
    NodeLoad load = sources.loads().apply(peer);
    Optional<Heard> heard = peer.heard();
    return new Node(
        peer.address().toString(),
        peer.name(),
        state.word(),
        state.detail(),
        load.open(),
        heard.map(latest -> latest.roundTrip().toNanos() / 1000).orElse(null),
        load.inFlight(),
        load.rows(),
        heard.map(latest -> orNull(latest.residentBytes())).orElse(null),
        state instanceof PeerState.Ready ready ? device(ready.description()) : "",
        state.experts().keySet().stream().map(ExpertId::expert).distinct().sorted().toList(),
        state.experts().size());
  }

  private static String device(PeerDescription description) {
    return description.device();
  }

  private Request request(LiveRequest request) {
    return new Request(
        request.id(),
        lower(request.phase()),
        request.promptTokens(),
        request.computedTokens(),
        request.generatedTokens(),
        request.maxTokens(),
        request.age().toMillis(),
        sources.promptText().map(text -> text.apply(request.prompt())).orElse(null));
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? (Long) value.getAsLong() : null;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
