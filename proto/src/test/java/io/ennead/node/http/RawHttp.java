package io.ennead.node.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A connection that sends what a test writes down, and reads what comes. */
final class RawHttp implements AutoCloseable {
  private final Socket socket = new Socket();

  RawHttp(int port) throws IOException {
    socket.setReceiveBufferSize(4096);
    socket.setSoTimeout(20_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
  }

  RawHttp send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    return this;
  }

  /** Up to and with what is looked for; up to the end when it does not come. */
  String readTo(String end) throws IOException {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    while (!read.toString(ISO_8859_1).endsWith(end)) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        return read.toString(ISO_8859_1) + "(closed)";
      }
      read.write(next);
    }
    return read.toString(ISO_8859_1);
  }

  /** Status line and headers. */
  String head() throws IOException {
    return readTo("\r\n\r\n");
  }

  /** Everything until the server closes the connection. */
  String rest() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
