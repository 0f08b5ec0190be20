package io.ennead.cli.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tokenizer.json whose tokens are the 256 bytes, in the spelling of byte-level BPE. */
public final class ByteTokenizer {
  private static final int BYTES = 256;

  private ByteTokenizer() {}

  /** Writes the file. */
  public static void write(Path file) throws IOException {
    ObjectNode tokenizer = new ObjectMapper().createObjectNode();
    tokenizer.put("version", "1.0");
    for (String part : new String[] {"pre_tokenizer", "decoder"}) {
      tokenizer
          .putObject(part)
          .put("type", "ByteLevel")
          .put("add_prefix_space", false)
          .put("trim_offsets", true)
          .put("use_regex", true);
    }
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    model.putArray("merges");
    ObjectNode vocabulary = model.putObject("vocab");
    int substitute = BYTES;
    for (int value = 0; value < BYTES; value++) {
      int character = printable(value) ? value : substitute++;
      vocabulary.put(Character.toString(character), value);
    }
    Files.writeString(file, tokenizer.toString());
  }

  /** GPT-2's encoder.py, bytes_to_unicode. */
  private static boolean printable(int value) {
    return (value >= '!' && value <= '~')
        || (value >= 0xA1 && value <= 0xAC)
        || (value >= 0xAE && value <= 0xFF);
  }
}
