package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ennead.router.generate.TextStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what the Python library gave; Grok-1's own model among others. */
class SentencePieceTokenizerTest {
  private static final Path ROOT = Path.of("src/test/resources/sentencepiece");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"grok-1", "bpe", "uni"})
  void textsBecomeTheRecordedIds(String name) throws IOException {
    try (TextTokenizer tokenizer = open(name, null)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(golden(name).get("size").intValue());
      for (JsonNode one : golden(name).get("encodings")) {
        assertThat(tokenizer.encode(one.get("text").textValue(), true))
            .as(one.get("text").toString())
            .containsExactly(ints(one.get("ids")));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grok-1", "bpe", "uni"})
  void idsBecomeTheRecordedTexts(String name) throws IOException {
    try (TextTokenizer tokenizer = open(name, null)) {
      for (JsonNode one : golden(name).get("decodings")) {
        assertThat(tokenizer.decode(ints(one.get("ids")), false))
            .as(one.get("ids").toString())
            .isEqualTo(one.get("text").textValue());
      }
    }
  }

  /** A continuation keeps its leading space: it is what the whole text has beyond the prompt's. */
  @ParameterizedTest
  @ValueSource(strings = {"grok-1", "bpe", "uni"})
  void streamedTextIsWhatTheWholeTextHasBeyondThePrompt(String name) throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (TextTokenizer tokenizer = open(name, null)) {
      int[] prompt = tokenizer.encode("Once upon a time", true);
      String before = tokenizer.decode(prompt, false);
      for (int round = 0; round < 300; round++) {
        int[] ids = random.ints(1 + random.nextInt(20), 0, tokenizer.vocabularySize()).toArray();
        for (int i = 0; i < ids.length; i++) {
          ids[i] = random.nextBoolean() ? ids[i] : ids[i] % 300; // bytes are among the first
        }
        int[] all = new int[prompt.length + ids.length];
        System.arraycopy(prompt, 0, all, 0, prompt.length);
        System.arraycopy(ids, 0, all, prompt.length, ids.length);
        TextStream stream = new TextStream(tokenizer, List.of());
        StringBuilder text = new StringBuilder(before);
        for (int id : ids) {
          text.append(stream.push(id));
        }
        assertThat(text.append(stream.finish()).toString())
            .as("seed %d, round %d", seed, round)
            .isEqualTo(tokenizer.decode(all, false));
      }
    }
  }

  @Test
  void charactersSplitOverBytesStreamWhole() throws IOException {
    try (TextTokenizer tokenizer = open("bpe", null)) {
      TextStream stream = new TextStream(tokenizer, List.of());
      StringBuilder text = new StringBuilder();
      for (int id : tokenizer.encode("\uD83E\uDD99", false)) {
        String piece = stream.push(id);
        assertThat(piece).doesNotContain("\uFFFD");
        text.append(piece);
      }
      assertThat(text.append(stream.finish()).toString()).isEqualTo(" \uD83E\uDD99");
    }
  }

  @Test
  void beginningOfSequenceIsAddedWhereTheConfigurationSaysSo() throws IOException {
    try (TextTokenizer tokenizer = open("bpe", "{\"add_bos_token\": true}")) {
      int[] plain = tokenizer.encode("Hello", false);
      int[] begun = tokenizer.encode("Hello", true);
      assertThat(begun).hasSize(plain.length + 1).startsWith(golden("bpe").get("bos").intValue());
      assertThat(tokenizer.special(begun[0])).isTrue();
    }
  }

  @Test
  void marksAreFoundInARenderedConversationOnly() throws IOException {
    try (TextTokenizer tokenizer = open("bpe", null)) {
      int bos = golden("bpe").get("bos").intValue();
      int[] hello = tokenizer.encode("Hello", false);
      assertThat(tokenizer.encodeMarked("<s>Hello")).startsWith(bos).endsWith(hello);
      assertThat(tokenizer.encode("<s>Hello", false)).doesNotContain(bos);
      assertThat(tokenizer.encodeMarked("Hello")).containsExactly(hello);
    }
  }

  @Test
  void fileThatIsNoModelIsRefused() throws IOException {
    Files.write(directory.resolve("tokenizer.model"), "no model".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> TextTokenizer.open(directory)).isInstanceOf(IOException.class);
    Files.write(directory.resolve("tokenizer.model"), new byte[0]);
    assertThatThrownBy(() -> TextTokenizer.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessageEndingWith("pieces: none (expected: a SentencePiece model)");
  }

  private TextTokenizer open(String name, String config) throws IOException {
    Files.copy(ROOT.resolve(name + ".model"), directory.resolve("tokenizer.model"));
    if (config != null) {
      Files.writeString(directory.resolve("tokenizer_config.json"), config);
    }
    return TextTokenizer.open(directory);
  }

  private static JsonNode golden(String name) throws IOException {
    return new ObjectMapper()
        .readTree(ROOT.resolve("golden.json").toFile())
        .get("models")
        .get(name);
  }

  private static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }
}
