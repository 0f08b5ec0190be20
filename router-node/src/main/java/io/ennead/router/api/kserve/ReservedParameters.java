package io.ennead.router.api.kserve;

import inference.InferParameter;
import io.ennead.errors.ServingException;
import io.ennead.router.api.Caller;
import io.ennead.v1.Priority;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The request parameters whose names Triton keeps for itself. Those that mean something here are
 * read, the others refused by name.
 *
 * @param timeoutNanos how long the request may take; {@link Long#MAX_VALUE} for as long as the call
 * @param priority who goes first
 */
record ReservedParameters(long timeoutNanos, Priority priority) {
  private static final String TIMEOUT = "timeout";
  private static final String PRIORITY = "priority";
  private static final String EMPTY_FINAL = "triton_enable_empty_final_response";
  private static final Set<String> REFUSED =
      Set.of("sequence_id", "sequence_start", "sequence_end", "headers", "binary_data_output");

  /** Whether a parameter is one of these, and no option. */
  static boolean has(String name) {
    return name.equals(TIMEOUT)
        || name.equals(PRIORITY)
        || REFUSED.contains(name)
        || name.startsWith("triton_");
  }

  /**
   * Reads those that a request has.
   *
   * @throws ServingException INVALID_FIELD
   */
  static ReservedParameters read(Map<String, InferParameter> parameters) {
    parameters.forEach(ReservedParameters::requireServed);
    return new ReservedParameters(
        timeout(parameters.getOrDefault(TIMEOUT, InferParameter.getDefaultInstance())),
        priority(parameters.getOrDefault(PRIORITY, InferParameter.getDefaultInstance())));
  }

  private static void requireServed(String name, InferParameter parameter) {
    boolean refused = REFUSED.contains(name) || name.startsWith("triton_");
    if (name.equals(EMPTY_FINAL)) { // every stream tells which response is the last
      if (!parameter.hasBoolParam()) {
        throw ServingException.invalidField(EMPTY_FINAL, "no bool_param", "a bool_param");
      }
    } else if (refused) {
      throw ServingException.invalidField(name, "set", "not set: this server has no use for it");
    }
  }

  /** Microseconds; none, or 0, for no limit. */
  private static long timeout(InferParameter parameter) {
    long micros = whole(TIMEOUT, parameter);
    if (micros < 0) {
      throw ServingException.invalidField(TIMEOUT, micros, "microseconds, at least 0");
    }
    return micros == 0 ? Long.MAX_VALUE : TimeUnit.MICROSECONDS.toNanos(micros);
  }

  /** Triton's levels: 0 is the default, of the others the lower goes first. */
  private static Priority priority(InferParameter parameter) {
    long level = whole(PRIORITY, parameter);
    if (level < 0 || level > 3) {
      throw ServingException.invalidField(
          PRIORITY, level, "0 (the default), 1 (high), 2 (normal) or 3 (low)");
    }
    return switch ((int) level) {
      case 1 -> Priority.PRIORITY_HIGH;
      case 3 -> Priority.PRIORITY_LOW;
      default -> Priority.PRIORITY_NORMAL;
    };
  }

  private static long whole(String name, InferParameter parameter) {
    return switch (parameter.getParameterChoiceCase()) {
      case INT64_PARAM -> parameter.getInt64Param();
      case UINT64_PARAM -> parameter.getUint64Param();
      case PARAMETERCHOICE_NOT_SET -> 0;
      case BOOL_PARAM, STRING_PARAM, DOUBLE_PARAM ->
          throw ServingException.invalidField(
              name, parameter.getParameterChoiceCase(), "an int64_param or a uint64_param");
    };
  }

  /** The caller, who gives up no later than the timeout says. */
  Caller limit(Caller caller) {
    return timeoutNanos == Long.MAX_VALUE ? caller : caller.within(timeoutNanos);
  }
}
