package io.ennead.router.api;

import io.ennead.router.generate.Generation;
import io.ennead.router.generate.GenerationRequest;
import io.ennead.router.generate.Generator;
import io.ennead.router.generate.TokenSink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;

/** A generator that does what a test says with each request, and remembers the last one. */
public final class FakeGenerator implements Generator {
  public final CountDownLatch cancelled = new CountDownLatch(1);
  public final CompletableFuture<TokenSink> sink = new CompletableFuture<>();
  public volatile GenerationRequest request;
  public volatile BiConsumer<GenerationRequest, TokenSink> behaviour = (request, tokens) -> {};

  @Override
  public Generation submit(GenerationRequest submitted, TokenSink tokens) {
    request = submitted;
    behaviour.accept(submitted, tokens);
    sink.complete(tokens);
    return cancelled::countDown;
  }
}
