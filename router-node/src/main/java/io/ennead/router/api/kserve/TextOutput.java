package io.ennead.router.api.kserve;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The output tensors of text, one entry per continuation [n]. */
enum TextOutput {
  TEXT_OUTPUT(Datatype.BYTES, "", -1),
  FINISH_REASON(Datatype.BYTES, "return_finish_reason", -1),
  CUMULATIVE_LOGPROB(Datatype.FP32, "return_cumulative_logprob", -1),
  LOGPROBS(Datatype.BYTES, "return_logprobs", -1),
  NUM_INPUT_TOKENS(Datatype.UINT32, "return_num_input_tokens", 1),
  NUM_OUTPUT_TOKENS(Datatype.UINT32, "return_num_output_tokens", -1),
  /** [n, longest]; -1 behind the end of shorter ones. */
  OUTPUT_IDS(Datatype.INT32, "return_output_ids", -1, -1),
  SEQUENCE_LENGTH(Datatype.INT32, "return_sequence_length", -1),
  CUM_LOG_PROBS(Datatype.FP32, "return_log_probs", -1),
  /** [n, longest]; 0 behind the end of shorter ones. */
  OUTPUT_LOG_PROBS(Datatype.FP32, "return_log_probs", -1, -1),
  /** In the response that ends a continuation. */
  EFFECTIVE_SEED(Datatype.UINT64, "return_seed", -1),
  /** JSON, in the response that ends a continuation. */
  ROUTING_SUMMARY(Datatype.BYTES, "return_routing_summary", -1),
  /** [n, layers, experts], share of the tokens, in the response that ends a continuation. */
  EXPERT_LOAD(Datatype.FP32, "return_expert_load", -1, -1, -1);

  private final Datatype datatype;
  private final String flag;
  private final List<Long> shape;

  TextOutput(Datatype datatype, String flag, long... shape) {
    this.datatype = datatype;
    this.flag = flag;
    this.shape = Arrays.stream(shape).boxed().toList();
  }

  /** The output of this name. */
  static Optional<TextOutput> named(String label) {
    return Arrays.stream(values()).filter(output -> output.label().equals(label)).findFirst();
  }

  /** The tensor's name. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  Datatype datatype() {
    return datatype;
  }

  /** The option that asks for it; empty: none. */
  String flag() {
    return flag;
  }

  /** Extents, -1 for any. */
  List<Long> shape() {
    return shape;
  }

  boolean ofLogprobs() {
    return this == CUMULATIVE_LOGPROB
        || this == LOGPROBS
        || this == CUM_LOG_PROBS
        || this == OUTPUT_LOG_PROBS;
  }

  boolean ofRouting() {
    return this == ROUTING_SUMMARY || this == EXPERT_LOAD;
  }
}
