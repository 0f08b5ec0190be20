package io.ennead.node;

import io.ennead.access.Tenant;
import io.grpc.Context;
import java.util.Objects;

/** Who makes the call that the current thread serves. */
public final class CallingTenant {
  private static final Context.Key<Tenant> KEY = Context.key("ennead-tenant");

  private CallingTenant() {}

  /** The caller, as the gatekeeper knows it; {@link Tenant#ANYBODY} outside of a call. */
  public static Tenant current() {
    return Objects.requireNonNullElse(KEY.get(), Tenant.ANYBODY);
  }

  /** The current context, of a call that somebody makes. */
  public static Context of(Tenant tenant) {
    return Context.current().withValue(KEY, tenant);
  }
}
