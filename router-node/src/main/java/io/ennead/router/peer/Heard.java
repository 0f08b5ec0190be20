package io.ennead.router.peer;

import io.ennead.v1.DescribeNodeResponse;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a node's last answer to the question what it is has shown beside that.
 *
 * @param roundTrip from asking to reading the answer, so the node's own work too
 * @param residentBytes memory of its process; empty where its system does not tell
 */
public record Heard(Duration roundTrip, OptionalLong residentBytes) {
  static Heard in(DescribeNodeResponse response, Duration roundTrip) {
    return new Heard(
        roundTrip,
        response.hasResidentBytes()
            ? OptionalLong.of(response.getResidentBytes())
            : OptionalLong.empty());
  }
}
