package io.ennead.router;

import io.ennead.node.Setting;
import io.ennead.router.feedback.FeedbackOptions;
import io.ennead.router.profile.ProfileId;
import java.nio.file.Path;
import java.time.Duration;
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
        String defaultProfile,
    @Setting(
            help =
                "database of ratings: a file of SQLite, or jdbc:postgresql://host/database?user=…;"
                    + " empty: responses cannot be rated",
            byDefault = "")
        String feedbackDb,
    @Setting(
            help = "memory for responses that may still be rated; the oldest go",
            byDefault = "64MiB",
            bytes = true)
        long feedbackMemory,
    @Setting(help = "how long after its end a response may be rated", byDefault = "1h")
        Duration feedbackWindow,
    @Setting(help = "days that ratings stay in the database", byDefault = "365")
        int feedbackRetentionDays,
    @Setting(help = "ratings in the database; the oldest go", byDefault = "1000000")
        int feedbackMaxRatings) {
  private static final int QUEUE = 1024;

  /** Checks what contradicts itself. */
  public LearningConfig {
    RouterConfig.requirePositive("feedback-window", feedbackWindow);
    RouterConfig.requireAtLeast("feedback-retention-days", feedbackRetentionDays, 1);
    RouterConfig.requireAtLeast("feedback-max-ratings", feedbackMaxRatings, 1);
    boolean none = defaultProfile.equals(ProfileId.NONE);
    if (!none && profiles.toString().isEmpty()) {
      throw new IllegalArgumentException(
          "default-profile: %s (expected: none, or a directory of --profiles)"
              .formatted(defaultProfile));
    }
  }

  /** Empty: responses cannot be rated. */
  Optional<FeedbackOptions> feedback() {
    return feedbackDb.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new FeedbackOptions(
                feedbackDb,
                feedbackMemory,
                feedbackWindow,
                Duration.ofDays(feedbackRetentionDays),
                feedbackMaxRatings,
                QUEUE));
  }

  /** Empty: there are no profiles. */
  Optional<Path> profileDirectory() {
    return Optional.of(profiles).filter(path -> !path.toString().isEmpty());
  }
}
