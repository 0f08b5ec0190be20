package io.ennead.router;

import io.ennead.node.Setting;
import io.ennead.router.profile.ProfileId;
import java.nio.file.Path;
import java.util.Optional;

/** What a router does with what was learned from its users, and what it keeps for learning. */
public record LearningConfig(
    @Setting(
            help =
                "directory of routing profiles (name@version.json), looked at every second; empty:"
                    + " none",
            byDefault = "")
        Path profiles,
    @Setting(
            help =
                "profile of requests that pick none, name@version, where the directory's file"
                    + " 'default' does not say; none: the model's own gate",
            byDefault = ProfileId.NONE)
        String defaultProfile) {

  /** Checks what contradicts itself. */
  public LearningConfig {
    boolean none = defaultProfile.equals(ProfileId.NONE);
    if (!none && profiles.toString().isEmpty()) {
      throw new IllegalArgumentException(
          "default-profile: %s (expected: none, or a directory of --profiles)"
              .formatted(defaultProfile));
    }
  }

  /** Empty: there are no profiles. */
  Optional<Path> profileDirectory() {
    return Optional.of(profiles).filter(path -> !path.toString().isEmpty());
  }
}
