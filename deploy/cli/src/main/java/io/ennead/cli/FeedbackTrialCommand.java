package io.ennead.cli;

import io.ennead.cli.adapt.SimulatedRater;
import io.ennead.client.EnneadClient;
import io.ennead.client.Generation;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.GenerateResponse;
import io.ennead.v1.RecordFeedbackRequest;
import io.ennead.v1.RoutingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "feedback-trial",
    hidden = true,
    description =
        "Asks a router for responses with sampled routing and rates them as a simulated user does;"
            + " the same seed asks for the same.")
final class FeedbackTrialCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private Connection connection = new Connection();

  @Option(names = "--prompts", required = true, description = "File of prompts, one a line.")
  private Path prompts = Path.of("");

  @Option(names = "--ratings", defaultValue = "500", converter = CountConverter.class)
  private int ratings;

  @Option(names = "--max-tokens", defaultValue = "32", converter = CountConverter.class)
  private int maxTokens;

  @Option(names = "--parallel", defaultValue = "32", converter = CountConverter.class)
  private int parallel;

  @Option(names = "--seed", defaultValue = "1", converter = SeedConverter.class)
  private long seed;

  @Option(names = "--routing-temperature", defaultValue = "1")
  private double temperature;

  @Option(names = "--profile", defaultValue = "none")
  private String profile = "none";

  @Option(names = "--label", required = true)
  private String label = "";

  @Option(names = "--rater", required = true, description = "${COMPLETION-CANDIDATES}")
  private SimulatedRater rater = SimulatedRater.RANDOM;

  @Override
  public Integer call() throws Exception {
    List<String> all = Files.readAllLines(prompts);
    ExecutorService threads = Executors.newFixedThreadPool(parallel);
    try (EnneadClient client = connection.open()) {
      List<Future<Double>> rated = new ArrayList<>();
      for (int i = 0; i < ratings; i++) {
        String prompt = all.get(i % all.size());
        long own = seed * 1_000_003 + i;
        rated.add(threads.submit(() -> rate(client, prompt, own)));
      }
      report(rated);
      return 0;
    } finally {
      threads.shutdownNow();
    }
  }

  private double rate(EnneadClient client, String prompt, long own) {
    GenerateRequest.Builder request = GenerateRequest.newBuilder().setText(prompt);
    request.getSamplingBuilder().setSeed(own).setTemperature(0.8);
    request.getStoppingBuilder().setMaxTokens(maxTokens).setIgnoreEos(true);
    request
        .getRoutingBuilder()
        .setMode(RoutingMode.ROUTING_MODE_SAMPLED)
        .setTemperature(temperature)
        .setProfile(profile);
    List<String> text = new ArrayList<>();
    String id = "";
    try (Generation pieces = client.generate(request.build(), connection.limit())) {
      while (pieces.hasNext()) {
        GenerateResponse piece = pieces.next();
        if (piece.getTokenIdsCount() > 0) {
          text.add(piece.getText());
        }
        id = piece.getResponseId();
      }
    }
    List<Double> rated = rater.rate(text, new Random(own));
    client.recordFeedback(
        RecordFeedbackRequest.newBuilder()
            .setResponseId(id)
            .addAllTokenRatings(rated)
            .setLabel(label)
            .build(),
        connection.limit());
    return rated.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  private void report(List<Future<Double>> rated) throws InterruptedException {
    double sum = 0;
    for (Future<Double> one : rated) {
      sum += mean(one);
    }
    spec.commandLine()
        .getOut()
        .printf(
            Locale.ROOT,
            "%s: %d ratings of profile %s, mean %.4f%n",
            label,
            rated.size(),
            profile,
            sum / rated.size());
  }

  private static double mean(Future<Double> rated) throws InterruptedException {
    try {
      return rated.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }
}
