package io.ennead.expert.checkpoint.family;

import java.util.List;

/**
 * quantization_config: how numbers are stored on disk. They are dequantised when loaded, and which
 * tensors are quantised shows in the tensors themselves.
 */
final class Quantization {
  private static final String KEY = "quantization_config";

  /** Rows and columns that share a scale in the fp8 checkpoints of DeepSeek and Qwen. */
  private static final List<Integer> BLOCK = List.of(128, 128);

  private Quantization() {}

  /** Whether the experts are stored in MXFP4, as gpt-oss publishes them. */
  static boolean isMxfp4(ConfigFields fields) {
    return fields.has(KEY) && fields.object(KEY).text("quant_method").equals("mxfp4");
  }

  /** Refuses any other format than block-scaled fp8, unless the family knew it. */
  static void requireKnown(ConfigFields fields) {
    if (!fields.has(KEY) || fields.wasRead(KEY)) {
      return;
    }
    ConfigFields quantization = fields.object(KEY);
    quantization.requireText("quant_method", "fp8");
    if (quantization.has("fmt")) {
      quantization.requireText("fmt", "e4m3");
    }
    List<Integer> block = quantization.integers("weight_block_size");
    if (!block.equals(BLOCK)) {
      throw quantization.refuse("weight_block_size", block, BLOCK.toString());
    }
  }
}
