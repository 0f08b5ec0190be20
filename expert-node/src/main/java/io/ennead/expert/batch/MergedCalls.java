package io.ennead.expert.batch;

import io.ennead.expert.engine.ExpertEngine.Slice;
import io.ennead.wire.Rows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Several calls of one layer and tile as one: their rows one after the other, and for each expert
 * one slice with the rows of every call in order of the calls.
 */
final class MergedCalls {
  private final List<Call> calls;

  /** Rows of each expert over all calls, by ascending expert. */
  private final Map<Integer, Integer> counts = new TreeMap<>();

  private MergedCalls(List<Call> calls) {
    this.calls = calls;
    for (Call call : calls) {
      for (Slice slice : call.slices()) {
        counts.merge(slice.expert(), slice.rows().length, Integer::sum);
      }
    }
  }

  static MergedCalls of(List<Call> calls) {
    return new MergedCalls(calls);
  }

  /** Rows of each expert. */
  Map<Integer, Integer> counts() {
    return counts;
  }

  /** The rows of all calls, one after the other. */
  Rows rows() {
    return Rows.join(calls.stream().map(Call::rows).toList());
  }

  /** One slice per expert, by ascending expert. */
  List<Slice> slices() {
    if (calls.size() == 1) {
      return calls.get(0).slices();
    }
    int[] indices = new int[calls.stream().mapToInt(Call::outputRows).sum()];
    Map<Integer, Integer> next = starts();
    int firstRow = 0;
    for (Call call : calls) {
      for (Slice slice : call.slices()) {
        int at = advance(next, slice);
        for (int row : slice.rows()) {
          indices[at++] = firstRow + row;
        }
      }
      firstRow += call.inputRows();
    }
    return cut(indices);
  }

  private List<Slice> cut(int[] indices) {
    List<Slice> slices = new ArrayList<>();
    int at = 0;
    for (Map.Entry<Integer, Integer> expert : counts.entrySet()) {
      int end = at + expert.getValue();
      slices.add(new Slice(expert.getKey(), Arrays.copyOfRange(indices, at, end)));
      at = end;
    }
    return slices;
  }

  /** Outputs of {@link #slices}, apart again: those of each call, in its own order. */
  List<Rows> split(Rows outputs) {
    if (calls.size() == 1) {
      return List.of(outputs);
    }
    Map<Integer, Integer> next = starts();
    return calls.stream().map(call -> outputs.select(places(call, next))).toList();
  }

  private static int[] places(Call call, Map<Integer, Integer> next) {
    int[] places = new int[call.outputRows()];
    int at = 0;
    for (Slice slice : call.slices()) {
      int from = advance(next, slice);
      for (int i = 0; i < slice.rows().length; i++) {
        places[at++] = from + i;
      }
    }
    return places;
  }

  /** Where each expert's rows begin in the outputs. */
  private Map<Integer, Integer> starts() {
    Map<Integer, Integer> starts = new HashMap<>();
    int start = 0;
    for (Map.Entry<Integer, Integer> expert : counts.entrySet()) {
      starts.put(expert.getKey(), start);
      start += expert.getValue();
    }
    return starts;
  }

  /** Where the slice begins; the next one of the same expert begins after it. */
  private static int advance(Map<Integer, Integer> positions, Slice slice) {
    int from = positions.getOrDefault(slice.expert(), 0);
    positions.put(slice.expert(), from + slice.rows().length);
    return from;
  }
}
