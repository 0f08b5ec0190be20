package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.cli.JointScores.Group;
import io.ennead.cli.JointScores.Piece;
import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.client.EnneadClient;
import io.ennead.v1.ScoreRequest;
import io.ennead.v1.ScoreStreamRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What 8-bit experts cost in quality; deploy/loadtest/dtypes.sh does it on all of the text. */
class Int8IT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  @Test
  void perplexityIsWithinOnePercentOfBf16() throws Exception {
    List<String> texts =
        LabelledText.read(Path.of("../loadtest/val.jsonl"), null).stream()
            .map(LabelledText::text)
            .map(text -> text.substring(0, Math.min(text.length(), 2000)))
            .limit(12)
            .toList();
    Group bf16 = score("bf16", texts);
    Group int8 = score("int8", texts);
    assertThat(bf16.tokens()).isGreaterThan(4000).isEqualTo(int8.tokens());
    assertThat(bf16.perplexity()).isBetween(2.0, 100.0);
    assertThat(int8.perplexity() / bf16.perplexity()).isCloseTo(1, within(0.01)).isNotEqualTo(1);
  }

  private static Group score(String dtype, List<String> texts) throws Exception {
    Path model = Path.of("../models/demo").toAbsolutePath().normalize();
    ClusterPlan plan = new ClusterPlan(model, dtype, 8, PortPlan.of(0, 8));
    List<Piece> pieces =
        texts.stream()
            .map(text -> ScoreRequest.newBuilder().setText(text))
            .map(score -> ScoreStreamRequest.newBuilder().setScore(score).build())
            .map(request -> new Piece("", request))
            .toList();
    LocalCluster cluster = LocalCluster.start(plan, LIMIT);
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      return JointScores.of(client, pieces, false, LIMIT).all();
    } finally {
      cluster.close();
    }
  }
}
