package io.ennead.cli.transport;

/** One way to send rows to nodes and get them back. Used by one thread. */
interface Transport extends AutoCloseable {

  String name();

  /** Prepares what a kind of call sends; the result sends it once and awaits all answers. */
  RoundTrip prepare(LayerCall call);

  @Override
  void close();

  /** One call to all nodes that take part. */
  @FunctionalInterface
  interface RoundTrip {
    void run() throws InterruptedException;
  }
}
