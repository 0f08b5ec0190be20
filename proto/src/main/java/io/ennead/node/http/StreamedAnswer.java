package io.ennead.node.http;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * An answer that is sent in parts. Parts wait for their reader within the server's bounds; a reader
 * that leaves more unread, or takes nothing for too long, loses its connection, of which {@link
 * Exchange#onGone} tells. Thread-safe; nothing here blocks.
 */
public final class StreamedAnswer {
  private final Outbound outbound;

  StreamedAnswer(Outbound outbound) {
    this.outbound = outbound;
  }

  /** Sends a part, which is not to be modified afterwards. */
  public void send(byte[] part) {
    outbound.part(part);
  }

  /** Sends one server-sent event of a line. */
  public void event(String line) {
    send(("data: " + line + "\n\n").getBytes(UTF_8));
  }

  /** Bytes that were sent and that the transport has not taken. */
  public long unread() {
    return outbound.unread();
  }

  /** Ends the answer; what is sent afterwards is dropped. */
  public void end() {
    outbound.end();
  }
}
