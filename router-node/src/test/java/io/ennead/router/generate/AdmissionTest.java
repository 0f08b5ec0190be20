package io.ennead.router.generate;

import static io.ennead.router.generate.WaitingLineTest.tenant;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ennead.access.Priority;
import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.Admission.Bound;
import io.ennead.router.moe.RoutingOptions;
import io.ennead.v1.ErrorReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdmissionTest {
  private static final int BATCH = 2;
  private static final Duration LONG = Duration.ofHours(1);

  private final List<Bound> refused = new ArrayList<>();

  private Admission admission(int sequences, long tokens, Duration time) {
    return new Admission(BATCH, new QueueLimits(sequences, tokens, time), refused::add);
  }

  private static Sequence sequence(Tenant tenant, int promptLength) {
    return WaitingLineTest.sequence(tenant, Priority.NORMAL, promptLength);
  }

  private Bound refusal(Admission admission, Sequence sequence) {
    ServingException refusal =
        catchThrowableOfType(ServingException.class, () -> admission.enter(sequence));
    assertThat(refusal).isNotNull();
    assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
    assertThat(refusal.retryAfter()).isPresent();
    return refused.get(refused.size() - 1);
  }

  /** How many of a tenant's requests of one token are let in, one after the other. */
  private int flood(Admission admission, Tenant tenant) {
    int in = 0;
    while (true) {
      try {
        admission.enter(sequence(tenant, 1));
        in++;
      } catch (ServingException e) {
        return in;
      }
    }
  }

  @Test
  void everyPlaceOfBatchAndQueueIsForWhoComesWhenNobodyIsAsked() {
    Admission admission = admission(5, 1000, LONG);
    assertThat(flood(admission, Tenant.ANYBODY)).isEqualTo(BATCH + 5);
    assertThat(refused).containsExactly(Bound.SEQUENCES);
  }

  @Test
  void tokensOfPromptsAreBoundedTillTheyRunOrLeave() {
    Admission admission = admission(100, 100, LONG);
    Sequence sixty = sequence(Tenant.ANYBODY, 60);
    Sequence forty = sequence(Tenant.ANYBODY, 40);
    admission.enter(sixty);
    admission.enter(forty);
    assertThat(admission.waitingTokens()).isEqualTo(100);
    assertThat(refusal(admission, sequence(Tenant.ANYBODY, 1))).isEqualTo(Bound.TOKENS);
    admission.waitsNoLonger(sixty);
    admission.enter(sequence(Tenant.ANYBODY, 60));
    assertThat(refusal(admission, sequence(Tenant.ANYBODY, 1))).isEqualTo(Bound.TOKENS);
    admission.left(forty);
    admission.left(sixty);
    assertThat(admission.waitingTokens()).isEqualTo(60);
  }

  @Test
  void tenantsThatFloodLeaveAsMuchAsEachOfThemHas() {
    Admission admission = admission(98, 1000, LONG);
    assertThat(flood(admission, tenant("a", 1))).isEqualTo(50);
    assertThat(refused).containsExactly(Bound.SHARE);
    int second = flood(admission, tenant("b", 1));
    assertThat(second).isEqualTo(25);
    assertThat(flood(admission, tenant("c", 1))).isEqualTo(13);
    assertThat(flood(admission(98, 1000, LONG), tenant("a", 3))).isEqualTo(75);
  }

  @Test
  void aShareIsOfTokensToo() {
    Admission admission = admission(1000, 1000, LONG);
    Tenant flood = tenant("flood", 1);
    admission.enter(sequence(flood, 400));
    admission.enter(sequence(flood, 100));
    assertThat(refusal(admission, sequence(flood, 10))).isEqualTo(Bound.SHARE_OF_TOKENS);
    admission.enter(sequence(tenant("other", 1), 250));
  }

  @Test
  void whoWouldWaitTooLongIsRefusedButNotForOthersOrOtherPriorities() {
    Admission admission = admission(100, 1000, Duration.ofNanos(1));
    Tenant one = tenant("one", 1);
    Sequence first = sequence(one, 1);
    admission.enter(first);
    assertThat(refusal(admission, sequence(one, 1))).isEqualTo(Bound.TIME);
    admission.enter(sequence(tenant("other", 1), 1));
    admission.enter(WaitingLineTest.sequence(one, Priority.HIGH, 1));
    admission.waitsNoLonger(first);
    admission.enter(sequence(one, 1));
  }

  @Test
  void whoseDeadlineIsNearerThanTheWaitIsRefused() {
    Admission admission = admission(100, 1000, LONG);
    admission.enter(sequence(Tenant.ANYBODY, 1));
    Sequence hurried =
        new Sequence(
            new int[1],
            FakeTask.generating(1),
            RoutingOptions.DEFAULT,
            System.nanoTime() + 1,
            List.of());
    assertThat(refusal(admission, hurried)).isEqualTo(Bound.TIME);
    admission.enter(sequence(Tenant.ANYBODY, 1));
  }

  @Test
  void whateverComesAndGoesEverythingIsGivenBack() {
    for (long seed = 0; seed < 100; seed++) {
      Random random = new Random(seed);
      Admission admission = admission(20, 400, LONG);
      List<Sequence> inside = new ArrayList<>();
      for (int step = 0; step < 300; step++) {
        comeOrGo(admission, inside, random);
      }
      inside.forEach(admission::left);
      assertThat(admission.waitingTokens()).as("seed %d", seed).isZero();
      assertThat(flood(admission, Tenant.ANYBODY)).as("seed %d", seed).isEqualTo(BATCH + 20);
    }
  }

  private static void comeOrGo(Admission admission, List<Sequence> inside, Random random) {
    if (inside.isEmpty() || random.nextInt(3) > 0) {
      Sequence sequence =
          sequence(tenant("t" + random.nextInt(3), 1 + random.nextInt(2)), 1 + random.nextInt(60));
      try {
        admission.enter(sequence);
        inside.add(sequence);
      } catch (ServingException e) {
        assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_QUEUE_FULL);
      }
    } else if (random.nextBoolean()) {
      admission.waitsNoLonger(inside.get(random.nextInt(inside.size())));
    } else {
      admission.left(inside.remove(random.nextInt(inside.size())));
    }
  }
}
