package io.ennead.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ennead.cli.cluster.ClusterPlan;
import io.ennead.cli.cluster.LocalCluster;
import io.ennead.cli.cluster.PortPlan;
import io.ennead.client.EnneadClient;
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
        PerplexityCommand.texts(Path.of("../loadtest/val.jsonl")).stream()
            .map(text -> text.substring(0, Math.min(text.length(), 2000)))
            .limit(12)
            .toList();
    Perplexity bf16 = perplexity("bf16", texts);
    Perplexity int8 = perplexity("int8", texts);
    assertThat(bf16.tokens()).isGreaterThan(4000).isEqualTo(int8.tokens());
    assertThat(bf16.value()).isBetween(2.0, 100.0);
    assertThat(int8.value() / bf16.value()).isCloseTo(1, within(0.01)).isNotEqualTo(1);
  }

  private static Perplexity perplexity(String dtype, List<String> texts) throws Exception {
    Path model = Path.of("../models/demo").toAbsolutePath().normalize();
    ClusterPlan plan = new ClusterPlan(model, dtype, 8, PortPlan.of(0, 8));
    LocalCluster cluster = LocalCluster.start(plan, LIMIT);
    try (EnneadClient client = EnneadClient.connect(plan.ports().router().address())) {
      return Perplexity.of(client, texts, LIMIT);
    } finally {
      cluster.close();
    }
  }
}
