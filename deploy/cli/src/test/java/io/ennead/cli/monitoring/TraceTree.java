package io.ennead.cli.monitoring;

import io.ennead.cli.monitoring.SpanReceiver.ReceivedSpan;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Spans and who is below whom. */
final class TraceTree {
  private final List<ReceivedSpan> spans;
  private final Map<String, ReceivedSpan> byId;

  TraceTree(List<ReceivedSpan> spans) {
    this.spans = spans;
    this.byId = spans.stream().collect(Collectors.toMap(ReceivedSpan::id, Function.identity()));
  }

  Set<String> traces() {
    return spans.stream().map(ReceivedSpan::trace).collect(Collectors.toSet());
  }

  List<ReceivedSpan> named(String name) {
    return spans.stream().filter(span -> span.name().equals(name)).toList();
  }

  /** Of each span of a service the way from the root, as "service/name > service/name". */
  List<String> paths(String service) {
    return spans.stream().filter(span -> span.service().equals(service)).map(this::path).toList();
  }

  private String path(ReceivedSpan span) {
    String own = span.service() + "/" + span.name();
    ReceivedSpan parent = byId.get(span.parent());
    if (parent != null) {
      return path(parent) + " > " + own;
    }
    return span.parent().isEmpty() ? own : "(parent not received) > " + own;
  }
}
