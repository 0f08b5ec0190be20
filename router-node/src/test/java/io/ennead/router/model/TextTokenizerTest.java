package io.ennead.router.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextTokenizerTest {
  private static final Path MODEL = Path.of("../deploy/models/demo");
  private static final Path FIXTURES = Path.of("src/test/resources/demo-model");

  private static TextTokenizer tokenizer;

  @BeforeAll
  static void open() throws IOException {
    tokenizer = TextTokenizer.open(MODEL);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  static List<Path> fixtures() throws IOException {
    try (var files = Files.list(FIXTURES)) {
      return files.filter(file -> file.getFileName().toString().matches("\\d.*")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("fixtures")
  void equalsTheReference(Path file) throws IOException {
    JsonNode fixture = new ObjectMapper().readTree(file.toFile());
    int[] prompt = ids(fixture.get("input_ids"));
    assertThat(tokenizer.encode(fixture.get("prompt").asText(), true)).containsExactly(prompt);

    int[] greedy = ids(fixture.get("greedy_ids"));
    String text = fixture.get("greedy_text").asText();
    assertThat(tokenizer.decode(greedy, false)).isEqualTo(text);
    assertThat(joined(greedy)).isEqualTo(text);
  }

  @Test
  void randomTextSurvivesTheRoundTripAndItsBytesJoinToIt() {
    for (long seed = 1; seed <= 500; seed++) {
      Random random = new Random(seed);
      StringBuilder builder = new StringBuilder();
      for (int i = random.nextInt(60); i > 0; i--) {
        builder.appendCodePoint(scalar(random));
      }
      String text = builder.toString();
      int[] ids = tokenizer.encode(text, true);
      assertThat(tokenizer.decode(ids, false)).as("seed %d", seed).isEqualTo(text);
      assertThat(joined(ids)).as("seed %d", seed).isEqualTo(text);
    }
  }

  @Test
  void randomTokensReadAlikeByDecodeAndByTheirBytes() {
    for (long seed = 1; seed <= 2000; seed++) {
      int[] ids = new Random(seed).ints(30, 0, tokenizer.vocabularySize()).toArray();
      assertThat(joined(ids)).as("seed %d", seed).isEqualTo(tokenizer.decode(ids, false));
    }
  }

  @Test
  void longTextIsNeitherTruncatedNorPadded() {
    String text = "To be, or not to be, that is the question. ".repeat(1000);
    int[] ids = tokenizer.encode(text, true);
    assertThat(ids.length).isGreaterThan(2000);
    assertThat(tokenizer.decode(ids, false)).isEqualTo(text);
    assertThat(tokenizer.encode("a", true)).hasSize(2);
  }

  @Test
  void specialTokensAreAddedFlaggedAndLeftOutOfText() {
    assertThat(tokenizer.encode("", true)).containsExactly(0);
    assertThat(tokenizer.encode("", false)).isEmpty();
    int[] ids = tokenizer.encode("hello", true);
    assertThat(tokenizer.special(0)).isTrue();
    assertThat(tokenizer.special(3)).isFalse();
    assertThat(tokenizer.decode(ids, true)).isEqualTo("<s>hello");
    assertThat(tokenizer.token(0)).isEqualTo("<s>");
    assertThat(tokenizer.bytes(0)).isEqualTo("<s>".getBytes(UTF_8));
    assertThat(tokenizer.vocabularySize()).isEqualTo(4096);
  }

  @Test
  void anIdWithoutATokenHasNoText() {
    assertThat(tokenizer.bytes(4096)).isEmpty();
    assertThat(tokenizer.token(99_999)).isEmpty();
    assertThat(tokenizer.special(4096)).isFalse();
    assertThat(tokenizer.decode(new int[] {4096}, false)).isEmpty();
  }

  @Test
  void everyByteIsATokenOfItsOwn() {
    boolean[] seen = new boolean[256];
    for (int id = 0; id < tokenizer.vocabularySize(); id++) {
      if (tokenizer.bytes(id).length == 1) {
        seen[tokenizer.bytes(id)[0] & 0xFF] = true;
      }
    }
    assertThat(seen).doesNotContain(false);
  }

  @Test
  void anotherDecoderIsRefusedByName(@TempDir Path directory) throws IOException {
    Files.writeString(
        directory.resolve("tokenizer.json"),
        "{\"decoder\": {\"type\": \"WordPiece\"}, \"model\": {\"vocab\": {}}}");
    assertThatThrownBy(() -> TextTokenizer.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining("decoder: [WordPiece] (expected: ByteLevel, or of");
  }

  @Test
  @Timeout(60)
  void sixteenThreadsGetTheSameAsOne() throws Exception {
    List<String> texts = new ArrayList<>();
    List<int[]> expected = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      texts.add("Romeo %d 🎉 ".formatted(i).repeat(1 + i));
      expected.add(tokenizer.encode(texts.get(i), true));
    }
    Callable<Boolean> work =
        () -> {
          for (int i = 0; i < 50; i++) {
            int[] ids = tokenizer.encode(texts.get(i), true);
            assertThat(ids).containsExactly(expected.get(i));
            assertThat(tokenizer.decode(ids, false)).isEqualTo(texts.get(i));
          }
          return true;
        };
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      for (Future<Boolean> done : threads.invokeAll(Collections.nCopies(16, work))) {
        assertThat(done.get()).isTrue();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** The text of the tokens' bytes, without special tokens. */
  private static String joined(int[] ids) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int id : ids) {
      if (!tokenizer.special(id)) {
        out.writeBytes(tokenizer.bytes(id));
      }
    }
    return out.toString(UTF_8);
  }

  private static int scalar(Random random) {
    int point = random.nextInt(Math.min(1 << (7 + random.nextInt(14)), 0x110000));
    return point >= 0xD800 && point < 0xE000 ? ' ' : point;
  }

  private static int[] ids(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
