package io.ennead.router.profile;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.RoutingProfile;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;

/** The profiles that requests may pick, at one moment. Immutable. */
public final class Profiles {
  /** No profile but the model's own gate. */
  public static final Profiles NONE = new Profiles(new TreeMap<>(), RoutingProfile.NONE);

  private final SortedMap<String, RoutingProfile> byId;
  private final RoutingProfile byDefault;

  private Profiles(SortedMap<String, RoutingProfile> byId, RoutingProfile byDefault) {
    this.byId = byId;
    this.byDefault = byDefault;
  }

  /**
   * A snapshot.
   *
   * @param byDefault the id of one of them, or "none"
   * @throws IllegalArgumentException when it is neither
   */
  static Profiles of(Collection<RoutingProfile> profiles, String byDefault) {
    SortedMap<String, RoutingProfile> byId = new TreeMap<>();
    profiles.forEach(profile -> byId.put(profile.id(), profile));
    RoutingProfile own =
        byDefault.equals(ProfileId.NONE) ? RoutingProfile.NONE : byId.get(byDefault);
    if (own == null) {
      throw new IllegalArgumentException(
          "default profile: %s (expected: none, or one of %s)".formatted(byDefault, byId.keySet()));
    }
    return new Profiles(byId, own);
  }

  /**
   * The profile that a request asks for: name@version, "none" for the model's own gate, empty for
   * the default.
   *
   * @throws ServingException INVALID_FIELD when there is none of that name and version
   */
  public RoutingProfile find(String wanted) {
    if (wanted.isEmpty()) {
      return byDefault;
    }
    RoutingProfile found = wanted.equals(ProfileId.NONE) ? RoutingProfile.NONE : byId.get(wanted);
    if (found == null) {
      throw ServingException.invalidField(
          "routing.profile", wanted, "none, or one of " + byId.keySet());
    }
    return found;
  }

  /** All of them, by id. */
  public Collection<RoutingProfile> all() {
    return byId.values();
  }

  /** What requests get that ask for none. */
  public RoutingProfile byDefault() {
    return byDefault;
  }
}
