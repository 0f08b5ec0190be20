package io.ennead.expert.batch;

import io.ennead.expert.engine.ExpertEngine.Slice;
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
  private final int hidden;

  /** Rows of each expert over all calls, by ascending expert. */
  private final Map<Integer, Integer> counts = new TreeMap<>();

  private MergedCalls(List<Call> calls, int hidden) {
    this.calls = calls;
    this.hidden = hidden;
    for (Call call : calls) {
      for (Slice slice : call.slices()) {
        counts.merge(slice.expert(), slice.rows().length, Integer::sum);
      }
    }
  }

  static MergedCalls of(List<Call> calls, int hidden) {
    return new MergedCalls(calls, hidden);
  }

  /** Rows of each expert. */
  Map<Integer, Integer> counts() {
    return counts;
  }

  /** [sum of input rows, hidden]. */
  float[] rows() {
    if (calls.size() == 1) {
      return calls.get(0).rows();
    }
    float[] rows = new float[calls.stream().mapToInt(call -> call.rows().length).sum()];
    int at = 0;
    for (Call call : calls) {
      System.arraycopy(call.rows(), 0, rows, at, call.rows().length);
      at += call.rows().length;
    }
    return rows;
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
  List<float[]> split(float[] outputs) {
    if (calls.size() == 1) {
      return List.of(outputs);
    }
    Map<Integer, Integer> next = starts();
    List<float[]> parts = new ArrayList<>();
    for (Call call : calls) {
      parts.add(part(call, outputs, next));
    }
    return parts;
  }

  private float[] part(Call call, float[] outputs, Map<Integer, Integer> next) {
    float[] part = new float[call.outputRows() * hidden];
    int at = 0;
    for (Slice slice : call.slices()) {
      int from = advance(next, slice);
      int length = slice.rows().length * hidden;
      System.arraycopy(outputs, from * hidden, part, at, length);
      at += length;
    }
    return part;
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
