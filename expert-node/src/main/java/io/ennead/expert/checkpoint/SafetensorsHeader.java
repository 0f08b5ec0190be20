package io.ennead.expert.checkpoint;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The header of one safetensors file: 8 bytes of little-endian length N, N bytes of JSON {@code
 * {name: {dtype, shape, data_offsets}}}, then the data, which the tensors cover without overlap or
 * gap (format description: huggingface/safetensors README).
 */
final class SafetensorsHeader {
  private static final int PREFIX_BYTES = 8;
  private static final String METADATA = "__metadata__";

  private final Path file;
  private final long dataStart;
  private final List<TensorInfo> tensors = new ArrayList<>();

  private SafetensorsHeader(Path file, long dataStart) {
    this.file = file;
    this.dataStart = dataStart;
  }

  /** Every tensor of a file, in the order of their bytes. */
  static List<TensorInfo> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw ModelFormatException.of(file, "file", "missing", "a regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      long size = Files.size(file);
      int length = headerLength(file, in.readNBytes(PREFIX_BYTES), in, size);
      byte[] json = new byte[length];
      json[0] = '{';
      int read = in.readNBytes(json, 1, length - 1);
      if (read < length - 1) {
        throw ModelFormatException.of(file, "header bytes", read + 1, Integer.toString(length));
      }
      var header = new SafetensorsHeader(file, PREFIX_BYTES + (long) length);
      return header.parse(json, size);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  /** Checks length and first character before anything is allocated. */
  private static int headerLength(Path file, byte[] prefix, InputStream in, long size)
      throws IOException {
    int first = in.read();
    if (prefix.length < PREFIX_BYTES || first < 0) {
      throw ModelFormatException.of(file, "bytes", size, "at least 10, a header and its length");
    }
    if (first != '{') {
      throw foreignFormat(file, prefix, first);
    }
    long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > StrictJson.MAX_BYTES) {
      throw ModelFormatException.of(
          file, "header length", Long.toUnsignedString(length), "at most " + StrictJson.MAX_BYTES);
    }
    if (length > size - PREFIX_BYTES || length == 0) {
      throw ModelFormatException.of(
          file, "header length", length, "1 to %d, what the file holds".formatted(size - 8));
    }
    return Math.toIntExact(length);
  }

  private static ModelFormatException foreignFormat(Path file, byte[] prefix, int first) {
    if (isZipOrPickle(prefix)) {
      return ModelFormatException.of(
          file,
          "format",
          "a PyTorch pickle",
          "safetensors; convert the file, pickles can run code");
    }
    return ModelFormatException.of(
        file, "first byte of the header", "0x%02x".formatted(first), "'{'");
  }

  private static boolean isZipOrPickle(byte[] prefix) {
    boolean zip = prefix[0] == 'P' && prefix[1] == 'K' && prefix[2] == 3 && prefix[3] == 4;
    boolean pickle = prefix[0] == (byte) 0x80 && prefix[1] >= 1 && prefix[1] <= 5;
    return zip || pickle;
  }

  private List<TensorInfo> parse(byte[] json, long size) {
    StrictJson.parse(file, json, this::visit);
    tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    requireCovered(size);
    return List.copyOf(tensors);
  }

  private boolean visit(JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, "header");
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (name.equals(METADATA)) {
        metadata(parser);
      } else {
        tensors.add(tensor(name, parser));
      }
    }
    return true;
  }

  private void metadata(JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, METADATA);
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      expect(parser.nextToken(), JsonToken.VALUE_STRING, METADATA + "." + parser.currentName());
    }
  }

  private TensorInfo tensor(String name, JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.START_OBJECT, "tensor " + name);
    @Nullable ElementType type = null;
    @Nullable List<Long> shape = null;
    @Nullable List<Long> offsets = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      String what = "tensor " + name + ": " + key;
      switch (key) {
        case "dtype" -> type = elementType(what, parser);
        case "shape" -> shape = longs(what, parser);
        case "data_offsets" -> offsets = longs(what, parser);
        default ->
            throw ModelFormatException.of(
                file, "tensor " + name + ": key", key, "dtype, shape, data_offsets");
      }
    }
    if (type == null || shape == null || offsets == null) {
      throw ModelFormatException.of(
          file, "tensor " + name, "incomplete", "dtype, shape, data_offsets");
    }
    return located(name, type, shape, offsets);
  }

  private TensorInfo located(String name, ElementType type, List<Long> shape, List<Long> offsets) {
    boolean ordered =
        offsets.size() == 2 && offsets.get(0) >= 0 && offsets.get(0) <= offsets.get(1);
    if (!ordered || offsets.get(1) > Long.MAX_VALUE - dataStart) {
      throw ModelFormatException.of(
          file, "tensor " + name + ": data_offsets", offsets, "[begin, end], 0 <= begin <= end");
    }
    return new TensorInfo(
        name, file, type, shape, dataStart + offsets.get(0), dataStart + offsets.get(1));
  }

  private ElementType elementType(String what, JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.VALUE_STRING, what);
    String name = parser.getText();
    return ElementType.of(name)
        .orElseThrow(
            () ->
                ModelFormatException.of(
                    file, what, name, "one of " + List.of(ElementType.values())));
  }

  private List<Long> longs(String what, JsonParser parser) throws IOException {
    expect(parser.nextToken(), JsonToken.START_ARRAY, what);
    List<Long> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
      values.add(parser.getLongValue()); // refuses what does not fit, as invalid JSON
    }
    return values;
  }

  private void expect(@Nullable JsonToken token, JsonToken expected, String what) {
    if (token != expected) {
      throw ModelFormatException.of(file, what, "JSON " + token, "JSON " + expected);
    }
  }

  /** The tensors cover the data exactly: no overlap, no gap, nothing left at the end. */
  private void requireCovered(long size) {
    long covered = dataStart;
    for (TensorInfo tensor : tensors) {
      if (tensor.begin() != covered) {
        throw ModelFormatException.of(
            file,
            "tensor %s %s: begin"
                .formatted(tensor.name(), tensor.begin() < covered ? "overlaps" : "leaves a gap"),
            tensor.begin() - dataStart,
            Long.toString(covered - dataStart));
      }
      covered = tensor.end();
    }
    if (covered != size) {
      throw ModelFormatException.of(
          file,
          covered > size ? "truncated file, bytes" : "gap at the end of the file, bytes",
          size,
          Long.toString(covered));
    }
  }
}
