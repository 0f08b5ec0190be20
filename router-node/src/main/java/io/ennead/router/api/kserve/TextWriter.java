package io.ennead.router.api.kserve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import inference.InferParameter;
import inference.ModelInferResponse;
import io.ennead.router.api.kserve.TextChunk.Part;
import io.ennead.router.generate.Degraded;
import io.ennead.router.generate.FinishInfo;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.model.TextCodec;
import io.ennead.router.sample.TokenLogProb;
import io.ennead.router.trace.LayerSummary;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Writes responses of text. Immutable. */
final class TextWriter {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ModelInfo model;
  private final TextCodec codec;

  TextWriter(ModelInfo model, TextCodec codec) {
    this.model = model;
    this.codec = codec;
  }

  /**
   * One response.
   *
   * @param prompt its ids, what the answer begins with where the query says so
   */
  ModelInferResponse write(TextQuery query, int[] prompt, TextChunk chunk) {
    ModelInferResponse.Builder response =
        ModelInferResponse.newBuilder()
            .setModelName(model.name())
            .setModelVersion(Repository.VERSION)
            .setId(query.id());
    response.putParameters(
        "response_id",
        InferParameter.newBuilder().setStringParam(query.caller().responseId()).build());
    chunk.parts().stream()
        .flatMap(part -> part.finish().stream())
        .map(FinishInfo::degraded)
        .reduce(Degraded::plus)
        .ifPresent(degraded -> DegradedParameters.put(degraded, response));
    OutputTensors tensors = new OutputTensors(response, query.raw());
    for (TextOutput output : TextOutput.values()) {
      if (query.outputs().contains(output)) {
        write(output, query, prompt, chunk, tensors);
      }
    }
    return response.build();
  }

  private void write(
      TextOutput output, TextQuery query, int[] prompt, TextChunk chunk, OutputTensors to) {
    List<Part> parts = chunk.parts();
    int n = parts.size();
    String name = output.label();
    switch (output) {
      case TEXT_OUTPUT -> {
        String before = text(query, prompt);
        to.texts(name, each(parts, part -> before + part.text()));
      }
      case FINISH_REASON -> to.texts(name, each(parts, TextWriter::reason));
      case CUMULATIVE_LOGPROB, CUM_LOG_PROBS ->
          to.floats(name, floats(chunk.cumulativeLogprobs()), n);
      case LOGPROBS -> to.texts(name, each(parts, part -> logprobs(part).toString()));
      case NUM_INPUT_TOKENS -> to.ints(name, Datatype.UINT32, new int[] {prompt.length}, 1);
      case NUM_OUTPUT_TOKENS ->
          to.ints(name, Datatype.UINT32, ints(parts, part -> part.ids().length), n);
      case OUTPUT_IDS -> ids(name, each(parts, part -> ids(query, prompt, part)), to);
      case SEQUENCE_LENGTH ->
          to.ints(name, Datatype.INT32, ints(parts, part -> length(query, prompt, part)), n);
      case OUTPUT_LOG_PROBS -> tokenLogprobs(name, parts, to);
      case EFFECTIVE_SEED -> {
        if (chunk.ends()) {
          to.longs(name, Datatype.UINT64, seeds(parts), n);
        }
      }
      case ROUTING_SUMMARY -> {
        if (chunk.ends()) {
          to.texts(name, each(parts, part -> routing(part).toString()));
        }
      }
      case EXPERT_LOAD -> {
        if (chunk.ends()) {
          load(name, parts, to);
        }
      }
    }
  }

  private static <T> List<T> each(List<Part> parts, Function<Part, T> value) {
    return parts.stream().map(value).toList();
  }

  private static int[] ints(List<Part> parts, ToIntFunction<Part> value) {
    return parts.stream().mapToInt(value).toArray();
  }

  private String text(TextQuery query, int[] prompt) {
    if (!query.includeInput()) {
      return "";
    }
    return query.request().hasText() ? query.request().getText() : codec.decode(prompt, false);
  }

  private static int[] ids(TextQuery query, int[] prompt, Part part) {
    if (!query.includeInput()) {
      return part.ids();
    }
    int[] generated = part.ids();
    int[] all = Arrays.copyOf(prompt, prompt.length + generated.length);
    System.arraycopy(generated, 0, all, prompt.length, generated.length);
    return all;
  }

  private static int length(TextQuery query, int[] prompt, Part part) {
    return (query.includeInput() ? prompt.length : 0) + part.ids().length;
  }

  /** As vLLM's backend says it: "None" while there is none. */
  private static String reason(Part part) {
    return part.finish()
        .map(
            finish ->
                switch (finish.reason()) {
                  case EOS, STOP -> "stop";
                  case LENGTH -> "length";
                })
        .orElse("None");
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** As vLLM's backend has it: per token an object of the token and its alternatives, by id. */
  private ArrayNode logprobs(Part part) {
    ArrayNode tokens = JSON.arrayNode();
    for (TokenLogProb token : part.logprobs()) {
      ObjectNode alternatives = tokens.addObject();
      List<TokenLogProb> top = token.top();
      for (int rank = 0; rank < top.size(); rank++) {
        logprob(top.get(rank), alternatives).put("rank", rank + 1);
      }
      if (!alternatives.has(Integer.toString(token.id()))) {
        logprob(token, alternatives).putNull("rank");
      }
    }
    return tokens;
  }

  private ObjectNode logprob(TokenLogProb token, ObjectNode alternatives) {
    return alternatives
        .putObject(Integer.toString(token.id()))
        .put("logprob", token.logProb())
        .put("decoded_token", codec.token(token.id()));
  }

  private static void ids(String name, List<int[]> rows, OutputTensors to) {
    int longest = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    int[] all = new int[rows.size() * longest];
    Arrays.fill(all, -1);
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, i * longest, rows.get(i).length);
    }
    to.ints(name, Datatype.INT32, all, rows.size(), longest);
  }

  private static void tokenLogprobs(String name, List<Part> parts, OutputTensors to) {
    int longest = parts.stream().mapToInt(part -> part.logprobs().size()).max().orElse(0);
    float[] all = new float[parts.size() * longest];
    for (int i = 0; i < parts.size(); i++) {
      List<TokenLogProb> tokens = parts.get(i).logprobs();
      for (int t = 0; t < tokens.size(); t++) {
        all[i * longest + t] = (float) tokens.get(t).logProb();
      }
    }
    to.floats(name, all, parts.size(), longest);
  }

  private static long[] seeds(List<Part> parts) {
    return parts.stream()
        .mapToLong(part -> part.finish().map(FinishInfo::seed).orElse(0L))
        .toArray();
  }

  private static ArrayNode routing(Part part) {
    ArrayNode layers = JSON.arrayNode();
    for (LayerSummary layer : summary(part)) {
      ObjectNode told =
          layers
              .addObject()
              .put("layer", layer.layer())
              .put("tokens", layer.tokens())
              .put("mean_entropy", layer.meanEntropy())
              .put("top1_share", layer.top1Share());
      ArrayNode experts = told.putArray("expert_tokens");
      Arrays.stream(layer.expertTokens()).forEach(experts::add);
    }
    return layers;
  }

  private static List<LayerSummary> summary(Part part) {
    return part.finish().map(FinishInfo::routing).orElse(List.of());
  }

  /** The model's own, and those of packs that a part chose from. */
  private int experts(List<Part> parts) {
    return parts.stream()
        .flatMap(part -> summary(part).stream())
        .mapToInt(layer -> layer.expertTokens().length)
        .reduce(model.experts(), Math::max);
  }

  private void load(String name, List<Part> parts, OutputTensors to) {
    int layers = model.moeLayers().size();
    int experts = experts(parts);
    float[] load = new float[parts.size() * layers * experts];
    for (int i = 0; i < parts.size(); i++) {
      List<LayerSummary> summary = summary(parts.get(i));
      for (int layer = 0; layer < summary.size(); layer++) {
        long[] tokens = summary.get(layer).expertTokens();
        for (int expert = 0; expert < tokens.length; expert++) {
          load[(i * layers + layer) * experts + expert] =
              (float) tokens[expert] / Math.max(1, summary.get(layer).tokens());
        }
      }
    }
    to.floats(name, load, parts.size(), layers, experts);
  }
}
