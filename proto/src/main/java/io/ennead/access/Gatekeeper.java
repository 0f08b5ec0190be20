package io.ennead.access;

import io.ennead.errors.ServingException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides whether a call may be made: the one place that gRPC and HTTP ask. A caller has the roles
 * of its key and of its certificate together. Thread-safe.
 */
public final class Gatekeeper {
  /** Lets everybody call whatever has a rule. */
  public static final Gatekeeper OPEN = new Gatekeeper(false, () -> new ApiKeys(List.of()));

  private static final String SCHEME = "Bearer ";

  private final boolean closed;
  private final Supplier<ApiKeys> keys;

  private Gatekeeper(boolean closed, Supplier<ApiKeys> keys) {
    this.closed = closed;
    this.keys = keys;
  }

  /** Asks every caller for a role. The keys are asked for anew with each call. */
  public static Gatekeeper askingFor(Supplier<ApiKeys> keys) {
    return new Gatekeeper(true, keys);
  }

  /** Whether callers are asked who they are. */
  public boolean closed() {
    return closed;
  }

  /**
   * Says who calls, when the call may be made.
   *
   * @param operation full name of a gRPC method, or path of an HTTP route
   * @param authorization value of the header of that name, if it was sent
   * @param certificate the caller's
   * @throws ServingException UNAUTHENTICATED without a role or with an unknown key,
   *     PERMISSION_DENIED without the role that is asked for
   */
  public Tenant check(String operation, Optional<String> authorization, Certified certificate) {
    if (!AccessRules.known(operation)) {
      throw ServingException.permissionDenied(operation, "nobody");
    }
    Optional<Role> required = AccessRules.required(operation);
    if (!closed || required.isEmpty()) {
      return Tenant.ANYBODY;
    }
    Optional<ApiKey> key = authorization.map(this::key);
    Set<Role> roles = roles(key, certificate);
    if (roles.isEmpty()) {
      throw ServingException.unauthenticated("no key (expected: authorization: Bearer KEY)");
    }
    if (roles.stream().noneMatch(role -> role.includes(required.get()))) {
      throw ServingException.permissionDenied(operation, required.get().label());
    }
    return key.map(Tenant::holding).orElseGet(() -> Tenant.holding(certificate));
  }

  private static Set<Role> roles(Optional<ApiKey> key, Certified certificate) {
    Set<Role> keys = key.map(ApiKey::roles).orElse(Set.of());
    return Stream.concat(keys.stream(), certificate.roles().stream()).collect(Collectors.toSet());
  }

  private ApiKey key(String authorization) {
    if (!authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw ServingException.unauthenticated(
          "authorization: of another kind (expected: Bearer KEY)");
    }
    return keys.get()
        .find(authorization.substring(SCHEME.length()).strip())
        .orElseThrow(() -> ServingException.unauthenticated("unknown key"));
  }
}
