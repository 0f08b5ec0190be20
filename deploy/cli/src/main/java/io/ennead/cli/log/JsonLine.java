package io.ennead.cli.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.event.KeyValuePair;

/**
 * An event as one line: {@code {"ts":…,"level":…,"logger":…,"msg":…}}, then the fields of the
 * request that is being handled and those that the event brought, then the stack trace.
 */
final class JsonLine {
  private static final JsonFactory JSON = new JsonFactory();

  private JsonLine() {}

  static byte[] of(ILoggingEvent event) {
    ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(line)) {
      json.writeStartObject();
      json.writeStringField("ts", event.getInstant().toString());
      json.writeStringField("level", event.getLevel().toString());
      json.writeStringField("logger", event.getLoggerName());
      json.writeStringField("thread", event.getThreadName());
      json.writeStringField("msg", event.getFormattedMessage());
      fields(event, json);
      IThrowableProxy failure = event.getThrowableProxy();
      if (failure != null) {
        json.writeStringField("error", ThrowableProxyUtil.asString(failure));
      }
      json.writeEndObject();
      json.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e); // into memory: cannot happen
    }
    return line.toByteArray();
  }

  private static void fields(ILoggingEvent event, JsonGenerator json) throws IOException {
    for (Map.Entry<String, String> entry : event.getMDCPropertyMap().entrySet()) {
      json.writeStringField(entry.getKey(), entry.getValue());
    }
    List<KeyValuePair> pairs = Optional.ofNullable(event.getKeyValuePairs()).orElse(List.of());
    for (KeyValuePair pair : pairs) {
      json.writeFieldName(pair.key);
      if (pair.value instanceof Number number) {
        json.writeNumber(number.toString());
      } else {
        json.writeString(String.valueOf(pair.value));
      }
    }
  }
}
