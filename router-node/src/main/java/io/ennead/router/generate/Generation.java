package io.ennead.router.generate;

/** A request that was accepted. */
@FunctionalInterface
public interface Generation {

  /**
   * Ends it as soon as possible and frees what it holds. Never blocks; harmless when it has ended
   * already. May be called from any thread, from within the sink too.
   */
  void cancel();
}
