package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.access.Priority;
import io.ennead.access.Tenant;
import io.ennead.router.moe.RoutingOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WaitingLineTest {
  private static final List<Integer> SHARES = List.of(1, 1, 2, 4, 16); // halves are exact

  private final WaitingLine line = new WaitingLine();

  static Tenant tenant(String name, int share) {
    return new Tenant(name, share, Priority.HIGH);
  }

  static Sequence sequence(Tenant tenant, Priority priority, int promptLength) {
    return new Sequence(
        new int[promptLength],
        FakeTask.generating(1),
        RoutingOptions.DEFAULT,
        Long.MAX_VALUE,
        List.of(),
        new Claim(tenant, priority));
  }

  private Sequence add(Tenant tenant, Priority priority, int promptLength) {
    Sequence sequence = sequence(tenant, priority, promptLength);
    line.add(sequence);
    return sequence;
  }

  /** Gives a place to the next one, and charges its prompt. */
  private Sequence serve() {
    Sequence next = line.next().orElseThrow();
    line.take(next);
    line.charge(next, next.promptLength());
    return next;
  }

  private Map<String, Integer> serve(int times) {
    Map<String, Integer> served = new HashMap<>();
    for (int i = 0; i < times; i++) {
      served.merge(serve().claim().tenant().name(), 1, Integer::sum);
    }
    return served;
  }

  @Test
  void isTheSlowLineWhateverHappens() {
    for (long seed = 0; seed < 300; seed++) {
      compare(seed);
    }
  }

  private static void compare(long seed) {
    Random random = new Random(seed);
    WaitingLine line = new WaitingLine();
    SlowLine slow = new SlowLine();
    List<Sequence> waiting = new ArrayList<>();
    List<Sequence> running = new ArrayList<>();
    for (int step = 0; step < 300; step++) {
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          int who = random.nextInt(SHARES.size());
          Priority priority = Priority.values()[random.nextInt(3)];
          Sequence sequence =
              sequence(tenant("t" + who, SHARES.get(who)), priority, 1 + random.nextInt(64));
          waiting.add(sequence);
          line.add(sequence);
          slow.add(sequence);
        }
        case 2 -> {
          if (!waiting.isEmpty()) {
            Sequence left = waiting.remove(random.nextInt(waiting.size()));
            line.remove(left);
            slow.remove(left);
          }
        }
        case 3, 4 -> {
          line.next()
              .ifPresent(
                  next -> {
                    waiting.remove(next);
                    running.add(next);
                    line.take(next);
                    slow.take(next);
                    line.charge(next, next.promptLength());
                    slow.charge(next, next.promptLength());
                  });
        }
        default -> {
          if (!running.isEmpty()) {
            Sequence one = running.get(random.nextInt(running.size()));
            line.charge(one, 1);
            slow.charge(one, 1);
          }
        }
      }
      assertThat(line.size()).as("seed %d, step %d", seed, step).isEqualTo(waiting.size());
      assertThat(line.next()).as("seed %d, step %d", seed, step).isEqualTo(slow.next());
    }
  }

  @Test
  void oneTenantIsServedInOrderOfArrival() {
    List<Sequence> added = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      added.add(add(Tenant.ANYBODY, Priority.NORMAL, 1 + i % 5));
    }
    for (Sequence expected : added) {
      assertThat(serve()).isSameAs(expected);
    }
  }

  @Test
  void aTenantThatFloodsGetsNoMoreThanItsShareOfTokens() {
    Tenant flood = tenant("flood", 1);
    Tenant small = tenant("small", 1);
    for (int i = 0; i < 100; i++) {
      add(flood, Priority.NORMAL, 10);
    }
    for (int i = 0; i < 10; i++) {
      add(small, Priority.NORMAL, 10);
    }
    assertThat(serve(20)).containsEntry("small", 10).containsEntry("flood", 10);
  }

  @Test
  void tokensAreServedInProportionToShares() {
    for (int i = 0; i < 100; i++) {
      add(tenant("one", 1), Priority.NORMAL, 8);
      add(tenant("three", 3), Priority.NORMAL, 8);
    }
    assertThat(serve(80)).containsEntry("one", 20).containsEntry("three", 60);
  }

  @Test
  void whoWasAwaySavesNothingUp() {
    Tenant steady = tenant("steady", 1);
    Tenant late = tenant("late", 1);
    for (int i = 0; i < 100; i++) {
      add(steady, Priority.NORMAL, 10);
    }
    serve(50);
    for (int i = 0; i < 50; i++) {
      add(late, Priority.NORMAL, 10);
    }
    assertThat(serve(20)).containsEntry("steady", 10).containsEntry("late", 10);
  }

  @Test
  void higherPrioritiesGoFirstButALowerOneIsNeverPassedByForEver() {
    Sequence low = add(Tenant.ANYBODY, Priority.LOW, 1);
    Sequence normal = add(Tenant.ANYBODY, Priority.NORMAL, 1);
    List<Sequence> served = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      add(Tenant.ANYBODY, Priority.HIGH, 1);
      served.add(serve());
    }
    assertThat(served.subList(0, 8)).allMatch(one -> one.claim().priority() == Priority.HIGH);
    assertThat(served.subList(8, 10)).containsExactlyInAnyOrder(low, normal);
  }

  @Test
  void whatEndsIsForgotten() {
    Tenant busy = tenant("busy", 1);
    Sequence one = add(busy, Priority.NORMAL, 1000);
    assertThat(serve()).isSameAs(one);
    line.forget();
    Sequence again = add(busy, Priority.NORMAL, 1);
    add(tenant("other", 1), Priority.NORMAL, 1);
    assertThat(serve()).isSameAs(again);
  }
}
