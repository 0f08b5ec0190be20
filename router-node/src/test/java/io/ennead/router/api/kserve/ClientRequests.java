package io.ennead.router.api.kserve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import inference.ModelInferRequest;
import io.ennead.access.Tenant;
import io.ennead.expert.architecture.GateConfig;
import io.ennead.router.api.Caller;
import io.ennead.router.generate.ModelInfo;
import io.ennead.router.sample.SamplingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** Requests as Triton's client writes them (requests.json), and readers of requests. */
public final class ClientRequests {
  private static final ModelInfo MODEL =
      new ModelInfo(
          "tiny",
          "mixtral",
          "f00d",
          "f32",
          32,
          257,
          4,
          2,
          List.of(0, 1),
          GateConfig.softmax(4, 2, true),
          SamplingOptions.of(1, 0, 1, 0));

  private ClientRequests() {}

  /** One of them, and what is in it. */
  record Recorded(String name, ModelInferRequest request, JsonNode tensors) {}

  static List<Recorded> all() {
    try (var file = ClientRequests.class.getResourceAsStream("/kserve/requests.json")) {
      JsonNode entries = new ObjectMapper().readTree(file);
      return StreamSupport.stream(entries.spliterator(), false).map(ClientRequests::read).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Recorded read(JsonNode entry) {
    try {
      ModelInferRequest request = ModelInferRequest.parseFrom(bytes(entry.get("request")));
      return new Recorded(entry.get("name").asText(), request, entry.get("tensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static ByteString bytes(JsonNode base64) {
    return ByteString.copyFrom(Base64.getDecoder().decode(base64.asText()));
  }

  /** The request for text, with everything around it. */
  public static ModelInferRequest text() {
    return all().stream()
        .filter(recorded -> recorded.name().equals("text"))
        .findFirst()
        .orElseThrow()
        .request();
  }

  static TextReader reader() {
    return new TextReader(MODEL);
  }

  static Caller caller() {
    return new Caller("response", Tenant.ANYBODY, Long.MAX_VALUE);
  }

  /** Reads any request as one for text and as one for a layer, as the service does. */
  public static void readBoth(ModelInferRequest request) {
    Map<String, InferTensor> tensors = InputTensors.read(request);
    if (tensors.containsKey(LayerReader.HIDDEN)) {
      LayerQuery unused = new LayerReader(MODEL, 1).read(request, caller());
    } else {
      TextQuery unused = reader().read(request, true, caller());
    }
  }
}
