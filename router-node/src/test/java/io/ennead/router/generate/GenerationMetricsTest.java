package io.ennead.router.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.v1.ErrorReason;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerationMetricsTest {

  @Test
  void aScrapeShowsWhatHappened() throws IOException {
    PrometheusRegistry registry = new PrometheusRegistry();
    GenerationMetrics metrics = new GenerationMetrics(registry, "demo");

    metrics.started(Duration.ofMillis(20));
    metrics.prefilled(7);
    metrics.prefixQueried(7);
    metrics.prefixHit(4);
    metrics.firstToken(Duration.ofMillis(30));
    metrics.nextToken(Duration.ofMillis(4));
    metrics.finished(
        new FinishInfo(
            0,
            FinishInfo.Reason.STOP,
            "\n",
            7,
            4,
            2,
            1,
            0,
            List.of(),
            Duration.ofMillis(20),
            Duration.ofMillis(30),
            Duration.ofSeconds(3),
            Degraded.NONE));
    metrics.failed(ErrorReason.ERROR_REASON_QUEUE_FULL);
    metrics.state(2, 5, 70, 0.25);
    metrics.refused(Admission.Bound.TIME);

    assertThat(scrape(registry))
        .contains(
            "ennead_request_success_total{finished_reason=\"stop\",model_name=\"demo\"} 1.0",
            "ennead_request_success_total{finished_reason=\"eos\",model_name=\"demo\"} 0.0",
            "ennead_prompt_tokens_total{model_name=\"demo\"} 7.0",
            "ennead_prefix_cache_queries_total{model_name=\"demo\"} 7.0",
            "ennead_prefix_cache_hits_total{model_name=\"demo\"} 4.0",
            "ennead_generation_tokens_total{model_name=\"demo\"} 2.0",
            "ennead_time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"0.025\"} 0",
            "ennead_time_to_first_token_seconds_bucket{model_name=\"demo\",le=\"0.05\"} 1",
            "ennead_inter_token_latency_seconds_count{model_name=\"demo\"} 1",
            "ennead_e2e_request_latency_seconds_sum{model_name=\"demo\"} 3.0",
            "ennead_request_queue_time_seconds_sum{model_name=\"demo\"} 0.02",
            "ennead_request_prefill_time_seconds_sum{model_name=\"demo\"} 0.01",
            "ennead_request_decode_time_seconds_sum{model_name=\"demo\"} 2.97",
            "ennead_request_prompt_tokens_sum{model_name=\"demo\"} 7.0",
            "ennead_request_generation_tokens_sum{model_name=\"demo\"} 2.0",
            "ennead_request_failure_total{model_name=\"demo\",reason=\"QUEUE_FULL\"} 1.0",
            "ennead_num_requests_running{model_name=\"demo\"} 2.0",
            "ennead_num_requests_waiting{model_name=\"demo\"} 5.0",
            "ennead_num_tokens_waiting{model_name=\"demo\"} 70.0",
            "ennead_requests_refused_total{bound=\"time\",model_name=\"demo\"} 1.0",
            "ennead_requests_refused_total{bound=\"share\",model_name=\"demo\"} 0.0",
            "ennead_kv_cache_usage_perc{model_name=\"demo\"} 0.25");
  }

  private static String scrape(PrometheusRegistry registry) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
    return out.toString(StandardCharsets.UTF_8);
  }
}
