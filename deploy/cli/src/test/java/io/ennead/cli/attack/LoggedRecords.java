package io.ennead.cli.attack;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Counts what gRPC and Netty log through the JDK: an attack may not fill the disk. */
final class LoggedRecords extends Handler {
  private final AtomicInteger count = new AtomicInteger();

  void listen() {
    Logger.getLogger("").addHandler(this);
  }

  void forget() {
    count.set(0);
  }

  int count() {
    return count.get();
  }

  @Override
  public void publish(LogRecord record) {
    count.incrementAndGet();
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    Logger.getLogger("").removeHandler(this);
  }
}
