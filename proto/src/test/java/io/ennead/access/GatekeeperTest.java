package io.ennead.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.v1.ErrorReason;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class GatekeeperTest {
  private static final String GENERATE = "ennead.v1.InferenceService/Generate";
  private static final String FORWARD = "ennead.v1.ExpertService/Forward";
  private static final String METRICS = "/metrics";

  private final String key = ApiKey.random();
  private final AtomicReference<ApiKeys> keys =
      new AtomicReference<>(new ApiKeys(List.of(ApiKey.of("web", Set.of(Role.INFER), key))));
  private final Gatekeeper gatekeeper = Gatekeeper.askingFor(keys::get);

  private Tenant check(String operation, String authorization, Role... certificate) {
    return gatekeeper.check(
        operation, Optional.of(authorization), new Certified("CN=x", Set.of(certificate)));
  }

  private static ErrorReason reason(Runnable call) {
    try {
      call.run();
      return ErrorReason.ERROR_REASON_UNSPECIFIED;
    } catch (ServingException e) {
      return e.reason();
    }
  }

  @Test
  void aKeyGivesItsRoles() {
    assertThatCode(() -> check(GENERATE, "Bearer " + key)).doesNotThrowAnyException();
    assertThatCode(() -> check(GENERATE, "bearer " + key)).doesNotThrowAnyException();
    assertThat(reason(() -> check(METRICS, "Bearer " + key)))
        .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
  }

  @Test
  void theTenantIsTheKeysHolderElseTheCertificates() {
    keys.set(
        new ApiKeys(List.of(ApiKey.of("web", Set.of(Role.INFER), key).with(3, Priority.HIGH))));
    assertThat(check(GENERATE, "Bearer " + key, Role.NODE))
        .isEqualTo(new Tenant("key:web", 3, Priority.HIGH));
    assertThat(
            gatekeeper.check(GENERATE, Optional.empty(), new Certified("CN=x", Set.of(Role.INFER))))
        .isEqualTo(new Tenant("certificate:CN=x", 1, Priority.NORMAL));
    assertThat(Gatekeeper.OPEN.check(GENERATE, Optional.empty(), Certified.NONE))
        .isEqualTo(Tenant.ANYBODY);
  }

  @Test
  void whoIsNotKnownIsUnauthenticated() {
    for (String sent : List.of("Bearer " + key + "x", "Basic " + key, key, "Bearer", "Bearer ")) {
      assertThat(reason(() -> check(GENERATE, sent)))
          .as(sent)
          .isEqualTo(ErrorReason.ERROR_REASON_UNAUTHENTICATED);
    }
    assertThat(reason(() -> gatekeeper.check(GENERATE, Optional.empty(), Certified.NONE)))
        .isEqualTo(ErrorReason.ERROR_REASON_UNAUTHENTICATED);
  }

  @Test
  void anUnknownKeyIsNotMadeUpForByACertificate() {
    assertThat(reason(() -> check(FORWARD, "Bearer x", Role.NODE)))
        .isEqualTo(ErrorReason.ERROR_REASON_UNAUTHENTICATED);
  }

  @Test
  void certificateAndKeyAddUp() {
    assertThatCode(() -> check(FORWARD, "Bearer " + key, Role.NODE)).doesNotThrowAnyException();
    assertThatCode(() -> check(GENERATE, "Bearer " + key, Role.NODE)).doesNotThrowAnyException();
  }

  @Test
  void adminIncludesWhatPeopleMayDoButNotTheCallsOfNodes() {
    assertThat(Role.ADMIN.includes(Role.INFER)).isTrue();
    assertThat(Role.ADMIN.includes(Role.READ)).isTrue();
    assertThat(Role.ADMIN.includes(Role.NODE)).isFalse();
    assertThat(Role.NODE.includes(Role.INFER)).isFalse();
  }

  @Test
  void whatHasNoRuleIsDeniedToEverybody() {
    assertThatThrownBy(() -> check("ennead.v1.New/Method", "Bearer " + key, Role.ADMIN))
        .hasMessage("ennead.v1.New/Method is not allowed (expected: role nobody)");
    assertThat(
            reason(
                () ->
                    Gatekeeper.OPEN.check(
                        "ennead.v1.New/Method", Optional.empty(), Certified.NONE)))
        .isEqualTo(ErrorReason.ERROR_REASON_PERMISSION_DENIED);
  }

  @Test
  void keysAreLookedUpAnewWithEveryCall() {
    keys.set(new ApiKeys(List.of()));
    assertThat(reason(() -> check(GENERATE, "Bearer " + key)))
        .isEqualTo(ErrorReason.ERROR_REASON_UNAUTHENTICATED);
  }

  @Test
  void messagesHoldNoKey() {
    assertThatThrownBy(() -> check(GENERATE, "Bearer secret")).hasMessage("unknown key");
    assertThatThrownBy(() -> check(GENERATE, "Basic secret")).hasMessageNotContaining("secret");
  }
}
