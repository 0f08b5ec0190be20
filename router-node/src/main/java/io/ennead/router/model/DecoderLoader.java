package io.ennead.router.model;

import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Family;
import io.ennead.expert.checkpoint.MappedTensor;
import io.ennead.expert.checkpoint.ModelConfig;
import io.ennead.expert.engine.RowStaging;
import io.ennead.expert.engine.TorchCall;
import io.ennead.expert.engine.TorchModule;
import io.ennead.wire.ComputeType;
import java.nio.ByteBuffer;

/** Moves the dense weights from the checkpoint into the module, a few rows at a time. */
final class DecoderLoader {
  private final TorchModule module;
  private final Checkpoint checkpoint;
  private final ModelConfig config;
  private final Family family;
  private final DecoderOptions options;
  private final RowStaging staging;
  private final int hidden;
  private final int queries;
  private final int keys;

  DecoderLoader(TorchModule module, Checkpoint checkpoint, DecoderOptions options) {
    this.module = module;
    this.checkpoint = checkpoint;
    this.config = checkpoint.config();
    this.family = config.family();
    this.options = options;
    this.hidden = config.hiddenSize();
    this.queries = config.attentionHeads() * config.headDim();
    this.keys = config.keyValueHeads() * config.headDim();
    this.staging = new RowStaging(Math.max(hidden, queries));
  }

  void load() {
    configure();
    reserve();
    loadEnds();
    for (int layer = 0; layer < config.layers(); layer++) {
      loadLayer(layer);
    }
    try (TorchCall call = module.call("allocate_cache")) {
      call.with(options.blocks() + 1).with(options.blockSize()).runLong();
    }
  }

  private void configure() {
    try (TorchCall call = module.call("configure")) {
      call.with(config.attentionHeads())
          .with(config.keyValueHeads())
          .with(config.headDim())
          .with(config.rmsNormEpsilon())
          .with(config.ropeTheta())
          .with(config.contextLength())
          .with(options.device())
          .runLong();
    }
  }

  private void reserve() {
    try (TorchCall call = module.call("reserve")) {
      call.with(config.vocabularySize())
          .with(hidden)
          .with(config.experts())
          .with(config.layers())
          .with(options.type() == ComputeType.BF16)
          .with(options.device())
          .runLong();
    }
  }

  private void loadEnds() {
    String head = config.tieWordEmbeddings() ? family.embedding() : family.head();
    matrix("embedding", 0, 0, family.embedding(), config.vocabularySize(), hidden);
    vector("final_norm", 0, family.finalNorm());
    matrix("head", 0, 0, head, config.vocabularySize(), hidden);
  }

  private void loadLayer(int layer) {
    vector("attention_norm", layer, family.inputNorm(layer));
    matrix("qkv", layer, 0, family.query(layer), queries, hidden);
    matrix("qkv", layer, queries, family.key(layer), keys, hidden);
    matrix("qkv", layer, queries + keys, family.value(layer), keys, hidden);
    matrix("out", layer, 0, family.attentionOutput(layer), hidden, queries);
    vector("ffn_norm", layer, family.postAttentionNorm(layer));
    matrix("router", layer, 0, family.gate(layer), config.experts(), hidden);
  }

  private void vector(String weight, int layer, String name) {
    checkpoint.require(name, hidden);
    try (MappedTensor tensor = checkpoint.map(name)) {
      staging.copy(
          tensor, hidden, 1, (first, count, values) -> fill(weight, layer, first, values, count));
    }
  }

  /** Fills rows of a weight from {@code offset} on. */
  private void matrix(String weight, int layer, int offset, String name, int rows, int columns) {
    checkpoint.require(name, rows, columns);
    try (MappedTensor tensor = checkpoint.map(name)) {
      staging.copy(
          tensor,
          rows,
          columns,
          (first, count, values) -> fill(weight, layer, offset + first, values, count, columns));
    }
  }

  private void fill(String weight, int layer, int row, ByteBuffer values, long... shape) {
    try (TorchCall call = module.call("fill")) {
      call.with(weight).with(layer).with(row).withFloats(values, shape).runLong();
    }
  }
}
