package io.ennead.router.generate;

import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line every five seconds while there is work, as vLLM writes it: who looks at the log sees
 * whether the router is busy, and with what. Used by the generation loop's thread.
 */
final class LoadLog {
  private static final Logger logger = LoggerFactory.getLogger(LoadLog.class);
  private static final long EVERY_NANOS = Duration.ofSeconds(5).toNanos();

  private final String model;
  private final GenerationMetrics metrics;
  private final LongSupplier nanoTime;
  private boolean working;
  private long since;
  private double promptTokens;
  private double generatedTokens;

  LoadLog(String model, GenerationMetrics metrics) {
    this(model, metrics, System::nanoTime);
  }

  LoadLog(String model, GenerationMetrics metrics, LongSupplier nanoTime) {
    this.model = model;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
  }

  /**
   * The state between two steps.
   *
   * @param kvUsage share of the KV cache in use, 0 to 1
   */
  void state(int running, int waiting, double kvUsage) {
    long now = nanoTime.getAsLong();
    if (running + waiting == 0) {
      working = false;
      count();
    } else if (!working) { // what was done since then belongs to this work: a prompt, for one
      working = true;
      since = now;
    } else if (now - since >= EVERY_NANOS) {
      write(running, waiting, kvUsage, (now - since) / 1e9);
      since = now;
      count();
    }
  }

  private void count() {
    promptTokens = metrics.promptTokens();
    generatedTokens = metrics.generatedTokens();
  }

  private void write(int running, int waiting, double kvUsage, double seconds) {
    double prompt = (metrics.promptTokens() - promptTokens) / seconds;
    double generated = (metrics.generatedTokens() - generatedTokens) / seconds;
    logger
        .atInfo()
        .addKeyValue("model", model)
        .addKeyValue("running", running)
        .addKeyValue("waiting", waiting)
        .log(
            String.format(
                Locale.ROOT,
                "prompts %.1f tokens/s, generated %.1f tokens/s, running %d, waiting %d, KV cache"
                    + " %.1f %%",
                prompt,
                generated,
                running,
                waiting,
                100 * kvUsage));
  }
}
