package io.ennead.router.api.kserve;

import static io.ennead.v1.ErrorReason.ERROR_REASON_INVALID_FIELD;
import static io.ennead.v1.ErrorReason.ERROR_REASON_PROMPT_TOO_LONG;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_DTYPE_MISMATCH;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TENSOR_SHAPE_MISMATCH;
import static io.ennead.v1.ErrorReason.ERROR_REASON_TOKEN_OUT_OF_RANGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import inference.InferParameter;
import inference.ModelInferRequest;
import inference.ModelInferRequest.InferRequestedOutputTensor;
import io.ennead.errors.ServingException;
import io.ennead.router.api.FieldNames;
import io.ennead.v1.ErrorReason;
import io.ennead.v1.ExpertFailureMode;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.Priority;
import io.ennead.v1.RoutingMode;
import io.ennead.v1.RoutingOptions;
import io.ennead.v1.SamplingOptions;
import io.ennead.v1.TraceLevel;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TextReaderTest {
  private final TextReader reader = ClientRequests.reader();

  private TextQuery read(ModelInferRequest.Builder request) {
    return reader.read(request.build(), true, ClientRequests.caller());
  }

  @Test
  void whatTheClientWroteArrives() {
    long before = System.nanoTime();
    TextQuery query = reader.read(ClientRequests.text(), true, ClientRequests.caller());

    GenerateRequest request = query.request();
    assertThat(request.getText()).isEqualTo("Once");
    assertThat(request.getModel()).isEqualTo("tiny");
    assertThat(request.getSampling().getTemperature()).isEqualTo(0.5);
    assertThat(request.getStopping().getMaxTokens()).isEqualTo(7);
    assertThat(request.getStopping().getStopList()).containsExactly(".", "\n\n");
    assertThat(request.getStopping().getIgnoreEos()).isTrue();
    assertThat(request.getRouting().getTemperature()).isEqualTo(0.25);
    assertThat(request.getRouting().getMode()).isEqualTo(RoutingMode.ROUTING_MODE_SAMPLED);
    assertThat(request.getN()).isEqualTo(2);
    assertThat(request.getPriority()).isEqualTo(Priority.PRIORITY_LOW);
    assertThat(request.getTrace().getLevel()).isEqualTo(TraceLevel.TRACE_LEVEL_SUMMARY);
    assertThat(query.outputs())
        .containsExactlyInAnyOrder(TextOutput.TEXT_OUTPUT, TextOutput.EXPERT_LOAD);
    assertThat(query.id()).isEqualTo("r-1");
    assertThat(query.stream()).isTrue();
    assertThat(query.includeInput()).isFalse();
    assertThat(query.raw()).isTrue();
    assertThat(query.caller().deadlineNanos() - before)
        .isBetween(TimeUnit.MILLISECONDS.toNanos(250), TimeUnit.SECONDS.toNanos(20));
  }

  /** Parameters, and fields of the JSON that vLLM's backend takes, as numbers or as text. */
  @Test
  void optionsComeInEveryForm() {
    TextQuery query =
        read(
            Infer.text("a")
                .addInputs(
                    Infer.bytes(
                        "sampling_parameters",
                        """
                        {"temperature": "0.7", "top_k": -1, "stop": ["x", "y"], "seed": 18446744073709551615,
                         "logit_bias": {"5": -1.5}, "allowed_token_ids": [5, 6]}
                        """))
                .putParameters("top_p", Infer.word("0.25"))
                .putParameters("min_tokens", Infer.whole(3))
                .putParameters("routing_temperature", Infer.word("-inf"))
                .putParameters("routing_layer_temperatures", Infer.word("{\"1\": 0.5}"))
                .putParameters("excluded_experts", Infer.word("[1, 2]"))
                .putParameters("expert_failure", Infer.word("DROP"))
                .putParameters("return_cumulative_logprob", Infer.word("true")));

    SamplingOptions sampling = query.request().getSampling();
    assertThat(sampling.getTemperature()).isEqualTo(0.7);
    assertThat(sampling.getTopP()).isEqualTo(0.25);
    assertThat(sampling.hasTopK()).isTrue();
    assertThat(sampling.getTopK()).isZero();
    assertThat(sampling.getSeed()).isEqualTo(-1);
    assertThat(sampling.getLogitBiasMap()).isEqualTo(Map.of(5, -1.5));
    assertThat(sampling.getAllowedTokens().getIdsList()).containsExactly(5, 6);
    assertThat(query.request().getStopping().getStopList()).containsExactly("x", "y");
    assertThat(query.request().getStopping().getMinTokens()).isEqualTo(3);
    RoutingOptions routing = query.request().getRouting();
    assertThat(routing.getTemperature()).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(routing.getLayerTemperatures(0).getTemperature()).isEqualTo(0.5);
    assertThat(routing.getExcludedCount()).isEqualTo(2);
    assertThat(routing.getExpertFailure().getMode())
        .isEqualTo(ExpertFailureMode.EXPERT_FAILURE_MODE_DROP);
    assertThat(query.request().getLogprobs()).isZero();
    assertThat(query.outputs())
        .containsExactlyInAnyOrder(TextOutput.TEXT_OUTPUT, TextOutput.CUMULATIVE_LOGPROB);
  }

  @Test
  void tokenIdsAreAPromptToo() {
    TextQuery query =
        read(
            ModelInferRequest.newBuilder()
                .addInputs(Infer.ints("input_ids", 5, 256))
                .addInputs(Infer.ints("input_lengths", 2))
                .addInputs(Infer.ints("request_output_len", 9)));

    assertThat(query.request().getTokenIds().getIdsList()).containsExactly(5, 256);
    assertThat(query.request().getStopping().getMaxTokens()).isEqualTo(9);
    assertThat(query.includeInput()).isTrue();
    assertThat(query.outputs())
        .containsExactlyInAnyOrder(TextOutput.OUTPUT_IDS, TextOutput.SEQUENCE_LENGTH);
  }

  /** Every option that is documented can be set, by each of its names. */
  @Test
  void everyDocumentedNameIsTaken() {
    for (Option<TextDraft> option : reader.table().options()) {
      for (String name : option.names()) {
        if (name.equals("input_lengths")) {
          continue; // fits a prompt of ids only
        }
        TextQuery query = read(Infer.text("a").putParameters(name, example(option)));
        assertThat(query).as(name).isNotNull();
      }
    }
  }

  private static InferParameter example(Option<?> option) {
    return switch (option.name()) {
      case "routing_mode" -> Infer.word("top_k");
      case "routing_mass" -> Infer.word("literal");
      case "routing_weights" -> Infer.word("uniform");
      case "expert_failure" -> Infer.word("wait");
      case "routing_layer_temperatures", "logit_bias" -> Infer.word("{\"0\": 1}");
      case "trace" -> Infer.word("summary");
      case "exclude_input_in_output" -> Infer.yes();
      default ->
          switch (option.kind()) {
            case NUMBER -> Infer.real(1);
            case COUNT, SEED, COUNTS -> Infer.whole(1);
            case FLAG -> Infer.yes();
            case WORD, WORDS -> Infer.word("x");
          };
    };
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        invalid(Infer.text("a").addInputs(Infer.bytes("image", "x")), "inputs", "image"),
        invalid(Infer.text("a").putParameters("best_of", Infer.whole(2)), "parameters", "best_of"),
        invalid(
            Infer.text("a").addInputs(Infer.bytes("sampling_parameters", "{\"guided\": 1}")),
            "sampling_parameters",
            "guided"),
        invalid(
            Infer.text("a").addInputs(Infer.bytes("sampling_parameters", "{\"n\": 1, \"n\": 2}")),
            "sampling_parameters",
            "JSON"),
        invalid(
            Infer.text("a").addInputs(Infer.bytes("sampling_parameters", "[".repeat(5000))),
            "sampling_parameters",
            "JSON"),
        invalid(
            Infer.text("a")
                .addInputs(Infer.number("temperature", 1))
                .putParameters("temperature", Infer.real(1)),
            "temperature",
            "none beside temperature"),
        invalid(
            Infer.text("a")
                .putParameters("seed", Infer.whole(1))
                .putParameters("random_seed", Infer.whole(1)),
            "",
            "none beside"),
        invalid(Infer.text("a").putParameters("n", Infer.whole(-1)), "n", "-1 (expected: 0 to"),
        invalid(Infer.text("a").putParameters("n", Infer.real(1.5)), "n", "1.5 (expected: 0 to"),
        invalid(Infer.text("a").putParameters("top_p", Infer.word("0x1p3")), "top_p", "a number"),
        invalid(Infer.text("a").putParameters("beam_width", Infer.whole(4)), "beam_width", "4"),
        invalid(Infer.text("a").putParameters("trace", Infer.word("full")), "trace", "summary"),
        invalid(
            Infer.text("a").putParameters("routing_mode", Infer.word("best")),
            "routing_mode",
            "[sampled, top_k]"),
        invalid(
            Infer.text("a").putParameters("stop", InferParameter.getDefaultInstance()),
            "stop",
            "not set"),
        invalid(
            Infer.text("a").putParameters("sequence_id", Infer.whole(1)), "sequence_id", "not set"),
        invalid(Infer.text("a").putParameters("headers", Infer.word("{}")), "headers", "not set"),
        invalid(Infer.text("a").putParameters("triton_x", Infer.yes()), "triton_x", "not set"),
        invalid(Infer.text("a").putParameters("priority", Infer.whole(4)), "priority", "3 (low)"),
        invalid(Infer.text("a").putParameters("timeout", Infer.whole(-1)), "timeout", "-1"),
        invalid(Infer.text("a").putParameters("timeout", Infer.real(1)), "timeout", "DOUBLE_PARAM"),
        invalid(Infer.text("a").addInputs(Infer.ints("input_ids", 1)), "inputs", "two prompts"),
        invalid(ModelInferRequest.newBuilder(), "inputs", "no prompt"),
        invalid(Infer.text("a").addInputs(Infer.ints("input_lengths", 1)), "input_lengths", "1"),
        invalid(
            Infer.text("a")
                .addInputs(Infer.flag("stream", true))
                .addInputs(Infer.flag("exclude_input_in_output", false)),
            "exclude_input_in_output",
            "with stream"),
        invalid(
            Infer.text("a").addOutputs(InferRequestedOutputTensor.newBuilder().setName("texts")),
            "outputs",
            "texts"),
        invalid(
            Infer.text("a")
                .addOutputs(
                    InferRequestedOutputTensor.newBuilder()
                        .setName("text_output")
                        .putParameters("classification", Infer.whole(1))),
            "text_output.parameters",
            "classification"),
        Arguments.of(
            Infer.text("a").addInputs(Infer.ints("stream", 1)),
            ERROR_REASON_TENSOR_DTYPE_MISMATCH,
            "stream.datatype",
            "INT32 (expected: BOOL)"),
        Arguments.of(
            Infer.text("a").addInputs(Infer.ints("max_tokens", 1, 2)),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "max_tokens.shape",
            "[2] (expected: [1] or [1, 1])"),
        Arguments.of(
            ModelInferRequest.newBuilder().addInputs(Infer.bytes("text_input", "a", "b")),
            ERROR_REASON_TENSOR_SHAPE_MISMATCH,
            "text_input.shape",
            "one text"),
        Arguments.of(
            ModelInferRequest.newBuilder().addInputs(Infer.ints("text_input", 1)),
            ERROR_REASON_TENSOR_DTYPE_MISMATCH,
            "text_input.datatype",
            "INT32 (expected: BYTES)"),
        Arguments.of(
            ModelInferRequest.newBuilder().addInputs(Infer.ints("input_ids", 257)),
            ERROR_REASON_TOKEN_OUT_OF_RANGE,
            "input_ids[0]",
            "257"),
        Arguments.of(
            ModelInferRequest.newBuilder().addInputs(Infer.ints("input_ids", new int[33])),
            ERROR_REASON_PROMPT_TOO_LONG,
            "input_ids",
            "33 tokens"));
  }

  private static Arguments invalid(
      ModelInferRequest.Builder request, String field, String message) {
    return Arguments.of(request, ERROR_REASON_INVALID_FIELD, field, message);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNotUnderstoodIsRefusedByName(
      ModelInferRequest.Builder request, ErrorReason reason, String field, String message) {
    assertThatThrownBy(() -> read(request))
        .isInstanceOfSatisfying(
            ServingException.class,
            error -> {
              assertThat(error.reason()).isEqualTo(reason);
              if (!field.isEmpty()) {
                assertThat(error.metadata()).containsEntry("field", field);
              }
            })
        .hasMessageContaining(message);
  }

  @Test
  void oneAnswerCannotStream() {
    ModelInferRequest request = Infer.text("a").addInputs(Infer.flag("stream", true)).build();
    assertThatThrownBy(() -> reader.read(request, false, ClientRequests.caller()))
        .hasMessageContaining("stream: true (expected: false: ModelInfer has one answer");
  }

  @Test
  void errorsNameWhatTheRequestSaid() {
    FieldNames names =
        read(Infer.text("a").addInputs(Infer.bytes("sampling_parameters", "{\"top_p\": 2}")))
            .names();
    assertThat(field(names, "sampling.top_p")).isEqualTo("sampling_parameters.top_p");
    assertThat(field(names, "stopping.max_tokens")).isEqualTo("max_tokens");
    assertThat(field(names, "sampling.bad_words[2]")).isEqualTo("bad_words[2]");
    assertThat(field(names, "prompt")).isEqualTo("text_input");
    assertThat(field(names, "sampling")).isEqualTo("sampling");
  }

  private static String field(FieldNames names, String field) {
    ServingException error = names.translate(ServingException.invalidField(field, 2, "1"));
    assertThat(error).hasMessageContaining("2 (expected: 1)");
    return error.metadata().get("field");
  }
}
