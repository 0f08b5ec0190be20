package io.ennead.router.feedback;

import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.trace.Decisions;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Rows that a number makes. */
final class Samples {
  private Samples() {}

  static Decisions decisions(int seed) {
    Random random = new Random(seed);
    float[] logits = new float[3 * 2 * 4];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    short[] chosen = {0, 1, 2, 3, 1, 2, 3, 0, 0, 2, 1, 3};
    return new Decisions(List.of(0, 5), 4, 2, new double[] {1, 0.5}, 2, 3, logits, chosen);
  }

  static RecentResponse recent(String id, int seed) {
    return new RecentResponse(
        new ResponseKey(id, 0),
        "key:anna",
        "f00d",
        RoutingProfile.NONE,
        6,
        Optional.of(decisions(seed)));
  }

  static RatedResponse row(String id, long millis) {
    int seed = (int) (millis % 1000);
    return recent(id, seed).rated(new Rating(0.5, List.of(0.25, 0.75), "fine"), millis);
  }
}
