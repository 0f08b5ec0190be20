package io.ennead.cli.adapt;

import io.ennead.router.feedback.FeedbackStore;
import io.ennead.router.feedback.RatedResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * Which ratings are used for what. A response is held out by its id alone, so what one run holds
 * out no other learns from.
 *
 * @param label only ratings with it; empty: all
 * @param heldOut share of the responses that is kept for evaluation, 0 to 1
 */
record Ratings(String label, double heldOut) {
  private boolean held(RatedResponse row) {
    CRC32 hash = new CRC32();
    hash.update(row.key().responseId().getBytes(StandardCharsets.UTF_8));
    return hash.getValue() < heldOut * 0x1p32;
  }

  private boolean wanted(RatedResponse row) {
    return label.isEmpty() || row.rating().label().equals(label);
  }

  /** What to learn from. */
  List<RatedResponse> training(FeedbackStore store) throws SQLException {
    List<RatedResponse> rows = new ArrayList<>();
    store.forEach(
        row -> {
          if (wanted(row) && !held(row)) {
            rows.add(row);
          }
        });
    return rows;
  }

  /** What nothing was learned from: ratings by profile, then by response. */
  Map<String, List<List<Double>>> evaluation(FeedbackStore store) throws SQLException {
    Map<String, Map<String, List<Double>>> all = new TreeMap<>();
    store.forEach(
        row -> {
          if (wanted(row) && held(row)) {
            all.computeIfAbsent(row.profile(), none -> new LinkedHashMap<>())
                .computeIfAbsent(row.key().responseId(), none -> new ArrayList<>())
                .add(row.rating().overall());
          }
        });
    Map<String, List<List<Double>>> byProfile = new TreeMap<>();
    all.forEach((profile, groups) -> byProfile.put(profile, List.copyOf(groups.values())));
    return byProfile;
  }
}
