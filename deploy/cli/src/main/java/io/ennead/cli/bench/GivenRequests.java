package io.ennead.cli.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.ennead.v1.GenerateRequest;
import java.util.List;
import java.util.function.Supplier;

/**
 * The requests of a ghz file's {@code data}, in turn. Of ghz's templates, {@code
 * {{.RequestNumber}}} is filled in. Used by one thread.
 */
public final class GivenRequests implements Supplier<GenerateRequest> {
  private static final String NUMBER = "{{.RequestNumber}}";

  private final List<String> data;
  private int number;

  /**
   * Requests as JSON.
   *
   * @throws GhzConfigException when one is none
   */
  public GivenRequests(List<String> data) {
    this.data = List.copyOf(data);
    data.forEach(request -> parse(request, 0));
  }

  @Override
  public GenerateRequest get() {
    GenerateRequest request = parse(data.get(number % data.size()), number);
    number++;
    return request;
  }

  private static GenerateRequest parse(String json, int number) {
    String filled = json.replace(NUMBER, Integer.toString(number));
    if (filled.contains("{{")) {
      throw new GhzConfigException(
          "data: %s (expected: no template but %s)".formatted(json, NUMBER));
    }
    GenerateRequest.Builder request = GenerateRequest.newBuilder();
    try {
      JsonFormat.parser().merge(filled, request);
    } catch (InvalidProtocolBufferException e) {
      throw new GhzConfigException("data: %s: %s".formatted(json, e.getMessage()));
    }
    return request.build();
  }
}
