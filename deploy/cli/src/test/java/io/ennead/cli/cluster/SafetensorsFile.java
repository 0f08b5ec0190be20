package io.ennead.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A small safetensors file, read the plainest way there is: independent of the product's reader.
 */
record SafetensorsFile(JsonNode header, ByteBuffer data) {
  static SafetensorsFile read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong();
    byte[] json = new byte[length];
    bytes.get(json);
    return new SafetensorsFile(
        new ObjectMapper().readTree(new String(json, StandardCharsets.UTF_8)),
        bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
  }

  List<Integer> shape(String name) {
    List<Integer> shape = new ArrayList<>();
    header.get(name).get("shape").forEach(extent -> shape.add(extent.intValue()));
    return shape;
  }

  ByteString bytes(String name) {
    return ByteString.copyFrom(slice(name));
  }

  float[] floats(String name) {
    ByteBuffer own = slice(name);
    float[] values = new float[own.remaining() / Float.BYTES];
    own.asFloatBuffer().get(values);
    return values;
  }

  List<Integer> longs(String name) {
    ByteBuffer own = slice(name);
    List<Integer> values = new ArrayList<>();
    while (own.hasRemaining()) {
      values.add((int) own.getLong());
    }
    return values;
  }

  private ByteBuffer slice(String name) {
    JsonNode offsets = header.get(name).get("data_offsets");
    int begin = offsets.get(0).intValue();
    return data.slice(begin, offsets.get(1).intValue() - begin).order(ByteOrder.LITTLE_ENDIAN);
  }
}
