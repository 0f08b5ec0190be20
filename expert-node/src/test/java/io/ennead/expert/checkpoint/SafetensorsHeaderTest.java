package io.ennead.expert.checkpoint;

import static io.ennead.expert.checkpoint.SafetensorsFile.entry;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsHeaderTest {
  @TempDir private Path directory;

  @Test
  void tensorsComeInOrderOfTheirBytesWithAbsoluteOffsets() {
    Path file = file();
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + entry("late", "BF16", "[3]", 8, 14)
            + ","
            + entry("early", "F32", "[2,1]", 0, 8)
            + "}  ";
    SafetensorsFile.write(file, header, new byte[14]);
    long start = 8L + header.length();
    assertThat(SafetensorsHeader.read(file))
        .containsExactly(
            new TensorInfo("early", file, ElementType.F32, List.of(2L, 1L), start, start + 8),
            new TensorInfo("late", file, ElementType.BF16, List.of(3L), start + 8, start + 14));
  }

  @Test
  void scalarsAndEmptyTensorsAreAllowed() {
    Path file = file();
    new SafetensorsFile()
        .add("empty", "F32", "[0,7]", new byte[0])
        .add("scalar", "F64", "[]", new byte[8])
        .add("packed", "F4", "[3,2]", new byte[3])
        .write(file);
    assertThat(SafetensorsHeader.read(file))
        .extracting(TensorInfo::elements)
        .containsExactly(0L, 1L, 6L);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badHeaders")
  void headerIsRefused(String name, String header, int dataBytes, String what, String expected) {
    SafetensorsFile.write(file(), header, new byte[dataBytes]);
    assertRefused(what, expected);
  }

  static Stream<Arguments> badHeaders() {
    String ok = entry("a", "F32", "[2]", 0, 8);
    return Stream.of(
        bad(
            "overlap",
            json(ok, entry("b", "F32", "[2]", 4, 12)),
            12,
            "tensor b overlaps: begin: 4",
            "8"),
        bad(
            "same bytes twice",
            json(ok, entry("b", "F32", "[2]", 0, 8)),
            8,
            "tensor b overlaps: begin: 0",
            "8"),
        bad(
            "gap",
            json(ok, entry("b", "F32", "[1]", 12, 16)),
            16,
            "tensor b leaves a gap: begin: 12",
            "8"),
        bad(
            "gap at the start",
            json(entry("a", "F32", "[2]", 4, 12)),
            12,
            "tensor a leaves a gap: begin: 4",
            "0"),
        bad("gap at the end", json(ok), 9, "gap at the end of the file, bytes", ""),
        bad("truncated file", json(ok), 7, "truncated file, bytes", ""),
        bad(
            "too few bytes",
            json(entry("a", "F32", "[2]", 0, 7)),
            7,
            "tensor a, F32 [2]: bytes: 7",
            "8"),
        bad(
            "too many bytes",
            json(entry("a", "BF16", "[2]", 0, 8)),
            8,
            "tensor a, BF16 [2]: bytes: 8",
            "4"),
        bad(
            "half a byte",
            json(entry("a", "F4", "[3]", 0, 2)),
            2,
            "tensor a: shape: [3]",
            "whole bytes of F4"),
        bad(
            "overflow",
            json(entry("a", "F32", "[4294967296,4294967296]", 0, 0)),
            0,
            "tensor a: shape: [4294967296, 4294967296]",
            "less than 2^63 bits"),
        bad(
            "overflow that wraps to the right size",
            json(entry("a", "F32", "[2,4611686018427387905]", 0, 8)),
            8,
            "tensor a: shape: [2, 4611686018427387905]",
            "less than 2^63 bits"),
        bad(
            "negative extents",
            json(entry("a", "F32", "[-1,-2]", 0, 8)),
            8,
            "tensor a: shape: [-1, -2]",
            "no negative extent"),
        bad(
            "extent beyond 64 bits",
            json(entry("a", "F32", "[18446744073709551618]", 0, 8)),
            8,
            "JSON: Numeric value (18446744073709551618) out of range of long",
            "valid JSON"),
        bad(
            "fractional extent",
            json(entry("a", "F32", "[2.0]", 0, 8)),
            8,
            "tensor a: shape: JSON VALUE_NUMBER_FLOAT",
            "JSON VALUE_NUMBER_INT"),
        bad(
            "shape is no list",
            json(entry("a", "F32", "2", 0, 8)),
            8,
            "tensor a: shape: JSON VALUE_NUMBER_INT",
            "JSON START_ARRAY"),
        bad("duplicate tensor", json(ok, ok), 8, "JSON: Duplicate field 'a'", "valid JSON"),
        bad(
            "duplicate key",
            "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}",
            8,
            "JSON: Duplicate field 'dtype'",
            "valid JSON"),
        bad(
            "unknown dtype",
            json(entry("a", "F33", "[2]", 0, 8)),
            8,
            "tensor a: dtype: F33",
            "one of [BOOL, "),
        bad(
            "unknown key",
            "{\"a\":{\"strides\":[1]}}",
            8,
            "tensor a: key: strides",
            "dtype, shape, data_offsets"),
        bad(
            "missing key",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}",
            8,
            "tensor a: incomplete",
            "dtype, shape, data_offsets"),
        bad(
            "end before begin",
            json(entry("a", "F32", "[0]", 8, 0)),
            8,
            "tensor a: data_offsets: [8, 0]",
            "0 <= begin <= end"),
        bad(
            "negative begin",
            json(entry("a", "F32", "[2]", -8, 0)),
            8,
            "tensor a: data_offsets: [-8, 0]",
            "0 <= begin <= end"),
        bad(
            "offset that overflows",
            json(entry("a", "F32", "[0]", Long.MAX_VALUE, Long.MAX_VALUE)),
            8,
            "tensor a: data_offsets: [9223372036854775807, 9223372036854775807]",
            ""),
        bad(
            "three offsets",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4,8]}}",
            8,
            "tensor a: data_offsets: [0, 4, 8]",
            "[begin, end]"),
        bad(
            "metadata of another type",
            "{\"__metadata__\":{\"format\":{}}}",
            0,
            "__metadata__.format: JSON START_OBJECT",
            "JSON VALUE_STRING"),
        bad(
            "tensor is no object",
            "{\"a\":7}",
            0,
            "tensor a: JSON VALUE_NUMBER_INT",
            "JSON START_OBJECT"),
        bad("more after the header", "{} {}", 0, "JSON: more after the first value", ""),
        bad("unfinished header", "{\"a\":", 0, "JSON: Unexpected end-of-input", "valid JSON"));
  }

  @Test
  void headerLongerThanTheFileIsRefusedWithoutReadingIt() {
    SafetensorsFile.write(file(), 3, "{}".getBytes(UTF_8), new byte[0]);
    assertRefused("header length: 3", "1 to 2, what the file holds");
  }

  @Test
  void headerOverTheFormatsLimitIsRefusedEvenIfTheFileIsThatLong() throws IOException {
    SafetensorsFile.write(file(), 100_000_001, "{}".getBytes(UTF_8), new byte[0]);
    try (var raw = new RandomAccessFile(file().toFile(), "rw")) {
      raw.setLength(1L << 32);
    }
    assertRefused("header length: 100000001", "at most 100000000");
  }

  @Test
  void headerLengthIsUnsigned() {
    SafetensorsFile.write(file(), -1, "{}".getBytes(UTF_8), new byte[0]);
    assertRefused("header length: 18446744073709551615", "at most 100000000");
  }

  @Test
  void headerLengthZeroIsRefused() {
    SafetensorsFile.write(file(), 0, "{}".getBytes(UTF_8), new byte[0]);
    assertRefused("header length: 0", "1 to 2");
  }

  @Test
  void headerThatIsNotUtf8IsRefused() {
    byte[] latin = json(entry("é", "F32", "[2]", 0, 8)).getBytes(ISO_8859_1);
    SafetensorsFile.write(file(), latin.length, latin, new byte[8]);
    assertRefused("JSON: malformed characters", "UTF-8");
  }

  @Test
  void headerThatIsNoObjectIsRefused() {
    SafetensorsFile.write(file(), "[]", new byte[0]);
    assertRefused("first byte of the header: 0x5b", "'{'");
  }

  @Test
  void emptyFileIsRefused() {
    SafetensorsFile.writeBytes(file(), new byte[0]);
    assertRefused("bytes: 0", "at least 10");
  }

  @Test
  void missingFileIsRefused() {
    assertRefused("file: missing", "a regular file");
  }

  @Test
  void zipArchiveOfTorchIsRefusedAsPickle() {
    SafetensorsFile.writeBytes(file(), "PK\3\4 a PyTorch archive".getBytes(UTF_8));
    assertRefused("format: a PyTorch pickle", "safetensors; convert the file");
  }

  @Test
  void barePickleIsRefusedAsPickle() {
    SafetensorsFile.writeBytes(file(), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 1, 2, 3, 4, 5});
    assertRefused("format: a PyTorch pickle", "safetensors; convert the file");
  }

  private void assertRefused(String what, String expected) {
    assertThatThrownBy(() -> SafetensorsHeader.read(file()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageStartingWith(file() + ": " + what)
        .hasMessageContaining("(expected: ")
        .hasMessageContaining(expected);
  }

  private Path file() {
    return directory.resolve("model.safetensors");
  }

  private static Arguments bad(
      String name, String header, int dataBytes, String what, String expected) {
    return Arguments.of(name, header, dataBytes, what, expected);
  }

  private static String json(String... entries) {
    return "{" + String.join(",", entries) + "}";
  }
}
