package io.ennead.router.model;

import io.ennead.router.moe.ExpertLayer.Phase;
import java.util.Arrays;
import java.util.List;

/**
 * A step as the decoder module takes it: rows of all spans one after the other, padded to a
 * multiple of the tile. Padding rows write to block 0, which belongs to no sequence. When decoding,
 * the blocks that all rows see are listed too, an even number of them.
 */
final class StepArrays {
  private final List<Span> spans;
  private final int blockSize;
  private final long[] ids; // [padded rows]
  private final long[] positions; // [padded rows]
  private final long[] blocks; // [padded rows], where in the KV caches a row's key and value go
  private final long[] offsets; // [padded rows], place in that block
  private final long[] begun; // blocks that a span begins and does not fill
  private final long[] tables; // blocks of each span; spans of one sequence share one table
  private final long[] owners; // [tables], when decoding: the span that sees the block
  private final long[] ends; // [tables], when decoding: positions from the block's first one on
  private final long[] counts; // [spans], when decoding: blocks that it sees
  private final long[] fourOfEach; // first row, rows, length, first entry in tables

  private StepArrays(Step step, int tile, int blockSize) {
    this.spans = step.spans();
    this.blockSize = blockSize;
    int padded = roundUp(step.rows(), tile);
    ids = new long[padded];
    positions = new long[padded];
    blocks = new long[padded];
    offsets = new long[padded];
    fourOfEach = new long[4 * spans.size()];
    boolean decoding = step.phase() == Phase.DECODE;
    int entries = roundUp(fillSpans(), decoding ? 2 : 1);
    tables = new long[entries];
    owners = new long[decoding ? entries : 0];
    ends = new long[decoding ? entries : 0];
    counts = new long[decoding ? spans.size() : 0];
    begun = fillRows();
    fillTables();
    if (decoding) {
      fillSeen();
    }
  }

  static StepArrays of(Step step, int tile, int blockSize) {
    return new StepArrays(step, tile, blockSize);
  }

  static int roundUp(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }

  /** Four numbers a span: first row, rows, length, first entry in the tables. */
  long[] spans() {
    return fourOfEach;
  }

  /** All other arrays, one after the other: a tensor that crosses costs a call. */
  long[] numbers() {
    long[] all = new long[(int) Arrays.stream(sizes()).sum()];
    int at = 0;
    for (long[] part : parts()) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  /** How many numbers are of each. */
  long[] sizes() {
    return Arrays.stream(parts()).mapToLong(part -> part.length).toArray();
  }

  private long[][] parts() {
    return new long[][] {
      ids, positions, blocks, offsets, begun, tables, owners, ends, counts,
    };
  }

  /** Returns the entries that all tables take. */
  private int fillSpans() {
    int row = 0;
    int entries = 0;
    for (int i = 0; i < spans.size(); i++) {
      Span span = spans.get(i);
      if (goesOn(i)) {
        entries = (int) fourOfEach[4 * i - 1];
      }
      fourOfEach[4 * i] = row;
      fourOfEach[4 * i + 1] = span.ids().length;
      fourOfEach[4 * i + 2] = span.length();
      fourOfEach[4 * i + 3] = entries;
      row += span.ids().length;
      entries += blocks(span);
    }
    return entries;
  }

  /** Whether a span goes on with the sequence of the one before. */
  private boolean goesOn(int i) {
    return i > 0 && spans.get(i).blocks() == spans.get(i - 1).blocks();
  }

  private int blocks(Span span) {
    return roundUp(span.length(), blockSize) / blockSize;
  }

  /** Returns the blocks that begin and are not filled. */
  private long[] fillRows() {
    long[] first = new long[ids.length];
    int firsts = 0;
    int row = 0;
    for (Span span : spans) {
      for (int i = 0; i < span.ids().length; i++, row++) {
        int position = span.start() + i;
        ids[row] = span.ids()[i];
        positions[row] = position;
        blocks[row] = span.blocks()[position / blockSize];
        offsets[row] = position % blockSize;
        if (offsets[row] == 0 && position + blockSize > span.length()) {
          first[firsts++] = blocks[row];
        }
      }
    }
    return Arrays.copyOf(first, firsts);
  }

  private void fillTables() {
    for (int i = 0; i < spans.size(); i++) {
      for (int b = 0; b < blocks(spans.get(i)); b++) {
        tables[(int) fourOfEach[4 * i + 3] + b] = spans.get(i).blocks()[b];
      }
    }
  }

  private void fillSeen() {
    int entry = 0;
    for (int i = 0; i < spans.size(); i++) {
      counts[i] = blocks(spans.get(i));
      for (int b = 0; b < counts[i]; b++, entry++) {
        owners[entry] = i;
        ends[entry] = spans.get(i).length() - (long) b * blockSize;
      }
    }
    if (entry < owners.length) { // the last sees nothing of one more
      owners[entry] = spans.size() - 1L;
      counts[spans.size() - 1]++;
    }
  }
}
