package io.ennead.router.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.access.Priority;
import io.ennead.access.Tenant;
import org.junit.jupiter.api.Test;

class SharedPlacesTest {
  private final SharedPlaces places = new SharedPlaces(12);

  private static Tenant tenant(String name, int share) {
    return new Tenant(name, share, Priority.NORMAL);
  }

  private int takeAll(Tenant tenant) {
    int taken = 0;
    while (places.tryTake(tenant, 1)) {
      taken++;
    }
    return taken;
  }

  @Test
  void allAreForEverybodyWhereNobodyIsAsked() {
    assertThat(takeAll(Tenant.ANYBODY)).isEqualTo(12);
    places.giveBack(Tenant.ANYBODY, 5);
    assertThat(places.tryTake(Tenant.ANYBODY, 6)).isFalse();
    assertThat(places.tryTake(Tenant.ANYBODY, 5)).isTrue();
  }

  @Test
  void aTenantLeavesAsManyAsItHasInProportionToItsShare() {
    assertThat(takeAll(tenant("a", 1))).isEqualTo(6);
    assertThat(takeAll(tenant("b", 1))).isEqualTo(3);
    places.giveBack(tenant("a", 1), 6);
    places.giveBack(tenant("b", 1), 3);
    assertThat(takeAll(tenant("c", 3))).isEqualTo(9);
    assertThat(places.tryTake(tenant("a", 1), 3)).isTrue();
  }
}
