package io.ennead.router.api.kserve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import inference.InferParameter;
import io.ennead.errors.ServingException;
import io.ennead.router.api.FieldNames;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The options of a model. Immutable.
 *
 * @param <D> what they are set in
 */
final class OptionTable<D> {
  /** Far more than the longest list that any option allows; each element costs an object. */
  private static final int MAX_ELEMENTS = 1 << 16;

  private final List<Option<D>> options;
  private final Map<String, Option<D>> byName = new HashMap<>();

  OptionTable(List<Option<D>> options) {
    this.options = List.copyOf(options);
    options.forEach(option -> option.names().forEach(name -> byName.put(name, option)));
  }

  /** In the order in which they are documented. */
  List<Option<D>> options() {
    return options;
  }

  /** The values of a request, each option at most once. Used by one thread. */
  final class Values {
    private final Map<Option<D>, OptionValue> values = new LinkedHashMap<>();

    void tensor(InferTensor tensor) {
      Option<D> option = find("inputs", tensor.name());
      option.requireFitting(tensor);
      if (tensor.count() > MAX_ELEMENTS) {
        throw tensor.shapeRefused("at most %d elements".formatted(MAX_ELEMENTS));
      }
      put(option, tensor.name(), node(tensor));
    }

    void parameter(String name, InferParameter parameter) {
      put(find("parameters", name), name, node(name, parameter));
    }

    /** The fields of an object that stands in {@code field}. */
    void json(String field, JsonNode object) {
      if (!object.isObject()) {
        throw ServingException.invalidField(field, object, "an object");
      }
      object
          .properties()
          .forEach(
              entry ->
                  put(find(field, entry.getKey()), field + "." + entry.getKey(), entry.getValue()));
    }

    private Option<D> find(String where, String name) {
      Option<D> option = byName.get(name);
      if (option == null) {
        throw ServingException.invalidField(where, name, "a name that ModelMetadata lists");
      }
      return option;
    }

    private void put(Option<D> option, String field, JsonNode node) {
      OptionValue before = values.put(option, new OptionValue(field, node));
      if (before != null) {
        throw ServingException.invalidField(field, "set", "none beside " + before.field());
      }
    }

    /** Sets all of them. */
    void apply(D target) {
      values.forEach((option, value) -> option.setter().accept(target, value));
    }

    /** What the request calls the fields that errors may name. */
    FieldNames names() {
      Map<String, String> names = new HashMap<>();
      options.stream()
          .filter(option -> !option.path().isEmpty())
          .forEach(
              option -> {
                OptionValue value = values.get(option);
                names.put(option.path(), value == null ? option.name() : value.field());
              });
      return new FieldNames(names);
    }
  }

  private static JsonNode node(String name, InferParameter parameter) {
    return switch (parameter.getParameterChoiceCase()) {
      case BOOL_PARAM -> BooleanNode.valueOf(parameter.getBoolParam());
      case INT64_PARAM -> LongNode.valueOf(parameter.getInt64Param());
      case STRING_PARAM -> TextNode.valueOf(parameter.getStringParam());
      case DOUBLE_PARAM -> DoubleNode.valueOf(parameter.getDoubleParam());
      case UINT64_PARAM -> unsigned(parameter.getUint64Param());
      case PARAMETERCHOICE_NOT_SET -> throw ServingException.invalidField(name, "not set", "set");
    };
  }

  private static JsonNode node(InferTensor tensor) {
    if (tensor.datatype() == Datatype.BYTES) {
      return list(tensor, tensor.texts().stream().map(text -> (JsonNode) TextNode.valueOf(text)));
    }
    return list(tensor, IntStream.range(0, tensor.count()).mapToObj(i -> node(tensor, i)));
  }

  private static JsonNode list(InferTensor tensor, Stream<JsonNode> elements) {
    if (tensor.count() == 1) {
      return elements.findFirst().orElseThrow();
    }
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    elements.forEach(array::add);
    return array;
  }

  private static JsonNode node(InferTensor tensor, int index) {
    if (tensor.datatype().real()) {
      return DoubleNode.valueOf(tensor.number(index));
    }
    long value = tensor.integer(index);
    return switch (tensor.datatype()) {
      case BOOL -> BooleanNode.valueOf(value != 0);
      case UINT64 -> unsigned(value);
      default -> LongNode.valueOf(value);
    };
  }

  private static JsonNode unsigned(long bits) {
    return BigIntegerNode.valueOf(new BigInteger(Long.toUnsignedString(bits)));
  }
}
