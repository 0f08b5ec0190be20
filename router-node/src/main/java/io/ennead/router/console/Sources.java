package io.ennead.router.console;

import io.ennead.node.Readiness;
import io.ennead.router.dispatch.ExpertRowCounts;
import io.ennead.router.dispatch.NodeLoad;
import io.ennead.router.generate.GenerationLoad;
import io.ennead.router.generate.LiveRequests;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.peer.ExpertPeer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Where the console learns what it shows. All are asked from one thread, once a second at most.
 *
 * @param httpPort where the playground sends its requests
 * @param promptText of token ids, where prompts are to be shown
 */
public record Sources(
    ModelInfo model,
    Readiness readiness,
    Supplier<? extends List<? extends ExpertPeer>> peers,
    Function<ExpertPeer, NodeLoad> loads,
    ExpertRowCounts rows,
    Supplier<GenerationLoad> generation,
    Requests requests,
    int httpPort,
    Optional<Function<int[], String>> promptText) {

  /** Tells of the requests that run and wait. */
  @FunctionalInterface
  public interface Requests {
    /** The oldest {@code most}, each with so many tokens of its prompt. */
    CompletableFuture<LiveRequests> look(int most, int promptTokens);
  }
}
