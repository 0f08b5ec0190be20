package io.ennead.router.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.router.generate.ServedModel;
import io.ennead.router.model.TextTokenizer;
import io.ennead.router.sample.TokenConstraints;
import io.ennead.v1.SamplingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Words that are not to come, with a tokenizer that puts a space in front of every text. */
class BadWordSpellingTest {
  private static final Path TOKENIZER = Path.of("src/test/resources/sentencepiece/bpe.model");

  @TempDir private Path directory;

  @Test
  void aWordIsFoundBehindASpaceAndBehindWhatIsNone() throws IOException {
    Files.copy(TOKENIZER, directory.resolve("tokenizer.model"));
    try (TextTokenizer tokenizer = TextTokenizer.open(directory)) {
      TokenConstraints constraints = constraints(tokenizer, "the");
      for (String text : List.of("the", "in the", "7the", "\nthe", "-the")) {
        List<Integer> ids = Arrays.stream(tokenizer.encode(text, false)).boxed().toList();
        assertThat(constraints.badWords())
            .as("%s: %s", text, ids)
            .anyMatch(word -> endsWith(ids, word));
      }
    }
  }

  private static boolean endsWith(List<Integer> ids, List<Integer> word) {
    return ids.size() >= word.size()
        && ids.subList(ids.size() - word.size(), ids.size()).equals(word);
  }

  private static TokenConstraints constraints(TextTokenizer tokenizer, String word) {
    ServedModel model =
        ApiFixture.model(
            new FakeGenerator(), job -> new CompletableFuture<>(), (l, p, h, r, s, o) -> null);
    ServedModel served = ApiFixture.with(model, model.policy(), tokenizer);
    return SamplingReader.read(SamplingOptions.newBuilder().addBadWords(word).build(), served)
        .constraints();
  }
}
