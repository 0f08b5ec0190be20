package io.ennead.cli;

import io.ennead.v1.DetokenizeRequest;
import io.ennead.v1.TokenizeRequest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A tokenizer of bytes: 0 begins a text, every other id is one more than a byte. */
final class FakeBytes {
  private static final String BEGIN = "<s>";

  private FakeBytes() {}

  static List<Integer> ids(TokenizeRequest request) {
    List<Integer> ids = new ArrayList<>();
    if (!request.getOmitSpecialTokens()) {
      ids.add(0);
    }
    StringBuilder text = new StringBuilder(request.getText());
    request.getChat().getMessagesList().forEach(message -> text.append(message.getContent()));
    for (byte value : text.toString().getBytes(StandardCharsets.UTF_8)) {
      ids.add(1 + (value & 0xff));
    }
    return ids;
  }

  static String text(DetokenizeRequest request) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : request.getIdsList()) {
      if (id > 0) {
        bytes.write(id - 1);
      } else if (request.getKeepSpecialTokens()) {
        bytes.writeBytes(BEGIN.getBytes(StandardCharsets.UTF_8));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
