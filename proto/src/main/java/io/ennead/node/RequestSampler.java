package io.ennead.node;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A share of the requests, and nothing of what nodes ask each other and probes ask them several
 * times a second. Thread-safe.
 */
final class RequestSampler implements Sampler {
  private static final Pattern POLLS =
      Pattern.compile("(Sent|Recv)\\.(grpc\\..*|ennead\\.v1\\.ExpertService\\.DescribeNode)");

  private final Sampler share;

  RequestSampler(double ratio) {
    this.share = Sampler.traceIdRatioBased(ratio);
  }

  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    return POLLS.matcher(name).matches()
        ? SamplingResult.drop()
        : share.shouldSample(parent, traceId, name, kind, attributes, links);
  }

  @Override
  public String getDescription() {
    return "requests: " + share.getDescription();
  }
}
