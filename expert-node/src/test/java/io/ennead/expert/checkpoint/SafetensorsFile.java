package io.ennead.expert.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.StringJoiner;

/** Writes safetensors files, right and wrong ones. */
final class SafetensorsFile {
  private final StringJoiner header = new StringJoiner(",", "{", "}");
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  SafetensorsFile add(String name, String dtype, String shape, byte[] bytes) {
    int begin = data.size();
    data.writeBytes(bytes);
    header.add(entry(name, dtype, shape, begin, data.size()));
    return this;
  }

  void write(Path file) {
    write(file, header.toString(), data.toByteArray());
  }

  static String entry(String name, String dtype, String shape, long begin, long end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  static void write(Path file, String header, byte[] data) {
    byte[] json = header.getBytes(UTF_8);
    write(file, json.length, json, data);
  }

  static void write(Path file, long length, byte[] header, byte[] data) {
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    writeBytes(file, bytes.putLong(length).put(header).put(data).array());
  }

  static void writeBytes(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
