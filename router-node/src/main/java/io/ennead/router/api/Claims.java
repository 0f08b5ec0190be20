package io.ennead.router.api;

import io.ennead.access.Priority;
import io.ennead.access.Tenant;
import io.ennead.errors.ServingException;
import io.ennead.router.generate.Claim;
import io.ennead.v1.ErrorReason;

/** Reads how urgent a request is, and whether its caller may say so. */
final class Claims {
  private static final String FIELD = "priority";

  private Claims() {}

  static Claim read(io.ennead.v1.Priority asked, int number, Tenant tenant) {
    Priority priority = priority(asked, number);
    if (priority.compareTo(tenant.highest()) > 0) {
      throw ServingException.field(
          ErrorReason.ERROR_REASON_PERMISSION_DENIED,
          FIELD,
          priority.label(),
          "at most %s, as the caller's key says".formatted(tenant.highest().label()));
    }
    return new Claim(tenant, priority);
  }

  private static Priority priority(io.ennead.v1.Priority asked, int number) {
    return switch (asked) {
      case PRIORITY_LOW -> Priority.LOW;
      case PRIORITY_UNSPECIFIED, PRIORITY_NORMAL -> Priority.NORMAL;
      case PRIORITY_HIGH -> Priority.HIGH;
      case UNRECOGNIZED -> throw ServingException.invalidField(FIELD, number, "one of Priority");
    };
  }
}
