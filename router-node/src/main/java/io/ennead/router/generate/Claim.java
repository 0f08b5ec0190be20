package io.ennead.router.generate;

import io.ennead.access.Priority;
import io.ennead.access.Tenant;

/**
 * Whose request waits, and how urgent it is.
 *
 * @param priority at most the tenant's highest
 */
public record Claim(Tenant tenant, Priority priority) {
  /** Of nobody in particular. */
  public static final Claim ANYBODY = new Claim(Tenant.ANYBODY, Priority.NORMAL);
}
