package io.ennead.client.load;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * What a run showed.
 *
 * @param requests in the order in which they were due
 * @param gaps nanoseconds from one token of an answer to the next, of all answers
 * @param started when the run began
 * @param nanos from then to the end of the last request
 */
public record LoadResult(
    LoadPlan plan, List<RequestRecord> requests, Histogram gaps, Instant started, long nanos) {

  /** Copies and sorts the list. */
  public LoadResult {
    requests = requests.stream().sorted(Comparator.comparingLong(RequestRecord::dueNanos)).toList();
  }

  /** Nanoseconds to the first token of the requests that succeeded. */
  public Histogram firstTokens() {
    return histogram(RequestRecord::firstTokenNanos);
  }

  /** Nanoseconds to the end of the requests that succeeded. */
  public Histogram latencies() {
    return histogram(RequestRecord::nanos);
  }

  /** Nanoseconds to the refusal of the requests that did not fit the router's queue. */
  public Histogram refusals() {
    return histogram(RequestRecord::refused, RequestRecord::nanos);
  }

  private Histogram histogram(ToLongFunction<RequestRecord> value) {
    return histogram(request -> request.error().isEmpty(), value);
  }

  private Histogram histogram(Predicate<RequestRecord> which, ToLongFunction<RequestRecord> value) {
    Histogram histogram = new Histogram(3);
    requests.stream()
        .filter(which)
        .forEach(request -> histogram.recordValue(Math.max(0, value.applyAsLong(request))));
    return histogram;
  }

  /** How many requests failed for each reason. */
  public Map<String, Integer> errors() {
    Map<String, Integer> errors = new TreeMap<>();
    requests.forEach(
        request -> request.error().ifPresent(error -> errors.merge(error, 1, Integer::sum)));
    return errors;
  }

  /** Requests that succeeded. */
  public int succeeded() {
    return count(request -> request.error().isEmpty());
  }

  /** Requests that did not fit the router's queue. */
  public int refused() {
    return count(RequestRecord::refused);
  }

  /** Requests that succeeded within the plan's objective. */
  public int good() {
    return count(plan.objective()::metBy);
  }

  private int count(Predicate<RequestRecord> which) {
    return Math.toIntExact(requests.stream().filter(which).count());
  }

  /** Length of the run in seconds. */
  public double seconds() {
    return nanos / 1e9;
  }

  /** Tokens that came, per second of the run. */
  public double tokensPerSecond() {
    return requests.stream().mapToLong(RequestRecord::tokens).sum() / seconds();
  }
}
