package io.ennead.router.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.ennead.router.console.Incident.Kind;
import io.ennead.router.peer.PeerState;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TimelineTest {
  private final AtomicLong clock = new AtomicLong(1000);
  private final Timeline timeline = new Timeline(clock::get);
  private final FakeNode node = new FakeNode(8500);

  @Test
  void changesOfStatesAreTold() {
    timeline.look(List.of(node));
    timeline.look(List.of(node.ready(1, List.of(0))));
    timeline.look(List.of(node));
    timeline.look(List.of(node.is(new PeerState.Lost("UNAVAILABLE: refused"))));
    timeline.look(List.of(node.is(new PeerState.Lost("not ready: loading weights"))));
    timeline.look(List.of());

    assertThat(timeline.since(0))
        .extracting(Incident::kind, Incident::node, Incident::detail)
        .containsExactly(
            tuple(Kind.READY, "127.0.0.1:8500", "expert-8500, 1 experts"),
            tuple(Kind.LOST, "127.0.0.1:8500", "UNAVAILABLE: refused"),
            tuple(Kind.LEFT, "127.0.0.1:8500", ""));
  }

  @Test
  void repetitionsInShortSuccessionAreOne() {
    timeline.failedOver(node, "LATE");
    clock.addAndGet(Timeline.SOON_MILLIS);
    timeline.opened(node, "no answer within 50 ms");
    timeline.failedOver(node, "LATE");

    assertThat(timeline.since(0))
        .extracting(Incident::kind, Incident::count, Incident::at, Incident::last)
        .containsExactly(
            tuple(Kind.FAILOVER, 2, 1000L, 11_000L),
            tuple(Kind.CIRCUIT_OPENED, 1, 11_000L, 11_000L));
  }

  @Test
  void repetitionsAfterAWhileOrForAnotherReasonAreTheirOwn() {
    timeline.hedged(node);
    clock.addAndGet(Timeline.SOON_MILLIS + 1);
    timeline.hedged(node);
    timeline.failedOver(node, "LATE");
    timeline.failedOver(node, "NOT_FINITE");
    timeline.failedOver(new FakeNode(8502), "LATE");

    assertThat(timeline.since(0)).hasSize(5).allMatch(incident -> incident.count() == 1);
  }

  @Test
  void circuitsAreToldEveryTime() {
    timeline.opened(node, "why");
    timeline.closed(node);
    timeline.opened(node, "why");

    assertThat(timeline.since(0)).hasSize(3);
  }

  @Test
  void onlyNewsAreToldOnceMore() {
    timeline.failedOver(node, "LATE");
    timeline.opened(node, "why");
    long seen = timeline.since(0).get(1).change();
    timeline.failedOver(node, "LATE");

    assertThat(timeline.since(seen))
        .extracting(Incident::id, Incident::count)
        .containsExactly(tuple(1L, 2));
  }

  @Test
  void theOldestGiveWay() {
    for (int i = 0; i < Timeline.MOST + 3; i++) {
      timeline.opened(node, "reason " + i);
    }

    assertThat(timeline.since(0))
        .hasSize(Timeline.MOST)
        .first()
        .extracting(Incident::detail)
        .isEqualTo("reason 3");
  }
}
