package io.ennead.cli;

import io.ennead.expert.architecture.ModelConfig;
import io.ennead.wire.ComputeType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What a model's parts weigh in each compute type. */
final class MemoryTable {
  /** The router's default for --kv-cache-tokens. */
  private static final long CACHED_TOKENS = 65_536;

  private final List<ModelSizes> sizes;
  private final Table table = new Table().row("", "parameters", "as f32", "as bf16", "as int8");

  private MemoryTable(ModelConfig config) {
    this.sizes =
        Arrays.stream(ComputeType.values()).map(type -> new ModelSizes(config, type)).toList();
  }

  /** For so many expert nodes, of which the fullest holds {@code share} experts of every layer. */
  static Table of(ModelConfig config, int nodes, int share) {
    MemoryTable memory = new MemoryTable(config);
    int used = config.expertsPerToken();
    memory.row("all", s -> config.parameters(), s -> part(s, config.experts()));
    memory.row("router node", ModelSizes::denseParameters, ModelSizes::denseBytes);
    memory.row(
        "each of %d expert nodes".formatted(nodes),
        s -> share * s.expertParameters(),
        s -> share * s.expertBytes());
    memory.row(
        "used per token",
        s -> s.denseParameters() + used * s.expertParameters(),
        s -> part(s, used));
    memory.row(
        "KV cache per token", s -> config.cachedPerPosition(), ModelSizes::cacheBytesPerToken);
    memory.row("process of an expert node", s -> s.expertNode(share));
    memory.row(
        "process of the router with %,d tokens cached".formatted(CACHED_TOKENS),
        s -> s.router(CACHED_TOKENS));
    return memory.table;
  }

  private static long part(ModelSizes sizes, int experts) {
    return sizes.denseBytes() + experts * sizes.expertBytes();
  }

  private void row(
      String name, ToLongFunction<ModelSizes> parameters, ToLongFunction<ModelSizes> bytes) {
    long count = parameters.applyAsLong(sizes.get(0));
    row(name, String.format(Locale.ROOT, "%,d", count), bytes);
  }

  private void row(String name, ToLongFunction<ModelSizes> bytes) {
    row(name, "", bytes);
  }

  private void row(String name, String count, ToLongFunction<ModelSizes> bytes) {
    Stream<String> cells = sizes.stream().map(one -> bytes(bytes.applyAsLong(one)));
    table.row(Stream.concat(Stream.of(name, count), cells).toArray());
  }

  static String bytes(long bytes) {
    return bytes < 1_000_000
        ? String.format(Locale.ROOT, "%,d B", bytes)
        : String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
  }
}
