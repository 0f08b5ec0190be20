package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.errors.ServingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a trial tells when it fails; deploy/learn/feedback.sh runs whole ones. */
@Timeout(30)
class FeedbackTrialCommandTest {
  @TempDir private Path directory;

  @Test
  void aFailureIsToldAsEveryOther() throws Exception {
    Path prompts = Files.writeString(directory.resolve("prompts.txt"), "Once\n");
    try (FakeRouter router = new FakeRouter()) {
      router.failures.add(ServingException.invalidField("profile", "none@1", "one that is loaded"));
      CliRun run =
          CliRun.of(
              ("feedback-trial --ratings 1 --label a --rater random --addr %s --prompts %s"
                      .formatted(router.address(), prompts))
                  .split(" "));
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.err())
          .isEqualToIgnoringNewLines(
              "error: INVALID_FIELD: profile: none@1 (expected: one that is loaded)");
    }
  }
}
