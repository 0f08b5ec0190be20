package io.ennead.router.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.errors.ServingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FeedTest {
  private static final long NOW = 1_700_000_000_000L;

  private final FakeSources fakes = new FakeSources();
  private final Timeline timeline = new Timeline(() -> NOW);
  private final Feed feed = new Feed(fakes.sources(), timeline, Duration.ofMillis(5), () -> NOW);

  /** Remembers what it is sent. */
  private static final class Reader implements Watcher {
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final List<String> data = new CopyOnWriteArrayList<>();
    private volatile boolean ready = true;
    private volatile boolean closed;

    @Override
    public boolean ready() {
      return ready;
    }

    @Override
    public void send(String event, String json) {
      data.add(json);
      events.add(event);
    }

    @Override
    public void close() {
      closed = true;
    }

    JsonNode first(String event) {
      await().until(() -> events.contains(event));
      return read(data.get(events.indexOf(event)));
    }

    long received(String event) {
      return events.stream().filter(event::equals).count();
    }
  }

  private static JsonNode read(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Reader watching() {
    Reader reader = new Reader();
    feed.watch(reader);
    return reader;
  }

  @AfterEach
  void close() {
    feed.close();
  }

  @Test
  void theModelComesFirstAndOnce() {
    Reader reader = watching();
    await().until(() -> reader.received("snapshot") > 3);

    assertThat(reader.events.get(0)).isEqualTo("model");
    assertThat(reader.received("model")).isEqualTo(1);
    assertThat(reader.first("model"))
        .isEqualTo(
            read(
                """
                {"name":"demo","family":"mixtral","dtype":"f32","fingerprint":"abc","layers":2,
                 "moe_layers":[0,1],"experts":4,"experts_per_token":2,"score":"softmax",
                 "context_length":512,"http_port":8472,"prompts":false}
                """));
  }

  @Test
  void aSnapshotTellsOfRouterNodesLoadsAndRequests() {
    JsonNode snapshot = watching().first("snapshot");

    assertThat(snapshot.get("at").asLong()).isEqualTo(NOW);
    assertThat(snapshot.at("/router/waiting_tokens").asInt()).isEqualTo(40);
    assertThat(snapshot.at("/router/kv_usage").asDouble()).isEqualTo(0.25);
    assertThat(snapshot.at("/rows/1").toString()).isEqualTo("[0,0,0,2]");
    assertThat(snapshot.at("/nodes/0"))
        .isEqualTo(
            read(
                """
                {"address":"127.0.0.1:8500","name":"expert-8500","state":"ready",
                 "detail":"expert-8500, 4 experts","open":false,"round_trip_micros":1234,
                 "in_flight":2,"rows":17,"resident_bytes":1048576,"device":"cpu",
                 "experts":[0,3],"held":4}
                """));
    assertThat(snapshot.at("/nodes/1/state").asText()).isEqualTo("connecting");
    assertThat(snapshot.at("/nodes/1/round_trip_micros").isMissingNode()).isTrue();
    assertThat(snapshot.at("/nodes/1/open").asBoolean()).isTrue();
    assertThat(snapshot.get("requests"))
        .isEqualTo(
            read(
                """
                [{"id":"id-1","phase":"set_aside","prompt_tokens":3,"computed_tokens":3,
                  "generated_tokens":5,"max_tokens":64,"age_millis":1500}]
                """));
    assertThat(snapshot.get("all_requests").asInt()).isEqualTo(4);
  }

  @Test
  void promptsAreToldOnlyWhereThatIsSwitchedOn() {
    fakes.promptText = Optional.of(tokens -> tokens.length == 3 ? FakeSources.PROMPT : "");
    Reader reader = new Reader();
    try (Feed open = new Feed(fakes.sources(), timeline, Duration.ofMillis(5), () -> NOW)) {
      open.watch(reader);
      assertThat(reader.first("snapshot").at("/requests/0/prompt").asText())
          .isEqualTo(FakeSources.PROMPT);
      assertThat(reader.first("model").get("prompts").asBoolean()).isTrue();
    }
    assertThat(watching().first("snapshot").toString())
        .doesNotContain("prompt\"", FakeSources.PROMPT);
  }

  @Test
  void incidentsAreToldWhenTheyAreNews() {
    timeline.opened(fakes.node, "why");
    Reader reader = watching();
    assertThat(reader.first("timeline"))
        .isEqualTo(
            read(
                """
                [{"id":1,"at":%1$d,"last":%1$d,"kind":"circuit_opened","node":"127.0.0.1:8500",
                  "detail":"why","count":1}]
                """
                    .formatted(NOW)));
    timeline.closed(fakes.node);
    await().until(() -> reader.received("timeline") == 2);
    long before = reader.received("snapshot");
    await().until(() -> reader.received("snapshot") > before + 2);
    assertThat(reader.received("timeline")).isEqualTo(2);
  }

  @Test
  void whoIsSlowMissesSnapshotsButNoIncident() {
    Reader slow = new Reader();
    slow.ready = false;
    feed.watch(slow);
    timeline.opened(fakes.node, "why");
    Reader other = watching();
    await().until(() -> other.received("timeline") == 1);
    assertThat(slow.events).isEmpty();

    slow.ready = true;
    assertThat(slow.first("timeline").at("/0/detail").asText()).isEqualTo("why");
  }

  @Test
  void whoTakesNothingForLongIsSentAway() {
    Reader slow = new Reader();
    slow.ready = false;
    feed.watch(slow);

    await().until(() -> slow.closed);
    assertThat(slow.events).isEmpty();
  }

  @Test
  void nothingIsTakenWhileNobodyWatches() {
    assertThat(fakes.looks).hasValue(0);
    Reader reader = watching();
    await().until(() -> fakes.looks.get() > 1);
    feed.leave(reader);
    await().until(() -> threads().isEmpty());

    Reader next = watching();
    next.first("snapshot");
  }

  private static List<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("console-feed"))
        .toList();
  }

  @Test
  void watchersAreBounded() {
    List<Reader> readers =
        IntStream.range(0, Feed.MOST_WATCHERS).mapToObj(i -> watching()).toList();
    assertThatThrownBy(this::watching)
        .isInstanceOf(ServingException.class)
        .hasMessageContaining("watchers of the console is full (limit: 16)");

    feed.leave(readers.get(0));
    watching();
  }

  @Test
  void aBusyLoopIsAskedOnce() {
    fakes.busy = true;
    Reader reader = watching();
    await().until(() -> reader.received("snapshot") > 1);

    assertThat(fakes.looks).hasValue(1);
    assertThat(reader.first("snapshot").get("requests")).isEmpty();
  }
}
