package io.ennead.router.trace;

import java.util.List;

/**
 * What to trace.
 *
 * @param layers ascending
 * @param omitPrompt leave the prompt's tokens out of the full trace
 * @param maxBytes of the full trace, about; beyond them it is truncated
 */
public record TraceOptions(
    TraceLevel level, List<Integer> layers, boolean omitPrompt, long maxBytes) {
  /** No trace. */
  public static final TraceOptions NONE = new TraceOptions(TraceLevel.NONE, List.of(), false, 0);

  /** Copies the list. */
  public TraceOptions {
    layers = List.copyOf(layers);
  }

  /** The same for one of so many sequences that share the bytes. */
  public TraceOptions oneOf(int sequences) {
    return new TraceOptions(level, layers, omitPrompt, maxBytes / sequences);
  }
}
