package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.router.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A damaged tokenizer.json is refused before the native library sees it, where that would end the
 * process. Mutants are therefore read without the library.
 */
@Timeout(1200)
class TokenizerJsonMutationTest {
  private static final int MUTANTS = Boolean.getBoolean("ennead.long") ? 10_000 : 100;
  private static final Path VALID = Path.of("src/test/resources/llama-tokenizer/tokenizer.json");

  @TempDir private Path directory;

  @Test
  void mutantsAreTakenOrRefused() throws IOException {
    long seed = new Random().nextLong();
    Mutator mutator = new Mutator(seed);
    byte[] valid = Files.readAllBytes(VALID);
    Path file = directory.resolve("tokenizer.json");
    int refused = 0;
    for (int round = 0; round < MUTANTS; round++) {
      Files.write(file, mutator.text(valid));
      refused += accepts(file, "seed %d, round %d".formatted(seed, round)) ? 0 : 1;
    }
    assertThat(refused).as("seed %d: some are wrong", seed).isPositive();
  }

  private static boolean accepts(Path file, String what) {
    try {
      TokenizerJson.read(file);
      return true;
    } catch (IOException e) {
      assertThat(e.getMessage()).as(what).isNotBlank();
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError(what, e);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a': -1} | token id: -1",
        "{'a': 2147483647} | token id: 2147483647",
        "{'a': 4194304} | token id: 4194304",
        "{'a': 1e308} | token id: 1.0E308",
        "{'a': 'b'} | token id: \"b\"",
      })
  void idsOutOfRangeAreRefusedBeforeATableIsMadeForThem(String vocabulary, String message) {
    refuses("{'model': {'vocab': %s}, 'decoder': {'type': 'ByteLevel'}}", vocabulary, message);
  }

  /** Each of these made the native library end the process. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': '<s>'}}],"
            + " 'special_tokens': {}} | post_processor: <s>",
        "{'type': 'Sequence', 'processors': [{'type': 'TemplateProcessing', 'pair':"
            + " [{'SpecialToken': {'id': '<s>'}}]}]} | post_processor: <s>",
        "{'type': 'TemplateProcessing', 'special_tokens': {'<s>': {'ids': [1, 2],"
            + " 'tokens': ['<s>']}}} | post_processor: <s>: 2 ids",
        "{'type': 'BertProcessing', 'sep': ['[SEP]', 4294967295]} | token id: 4294967295",
      })
  void postProcessorsOfUndefinedTokensAreRefused(String processor, String message) {
    refuses(
        "{'model': {'vocab': {'a': 0}}, 'decoder': {'type': 'ByteLevel'}, 'post_processor': %s}",
        processor, message);
  }

  /** So did this. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {"['##a b'] | merge", "[['##a', 'b']] | merge", "['a'] | merge"})
  void mergesWithoutTheirPrefixAreRefused(String merges, String message) {
    refuses(
        "{'model': {'vocab': {'a': 0}, 'continuing_subword_prefix': '##', 'merges': %s},"
            + " 'decoder': {'type': 'ByteLevel'}}",
        merges, message);
  }

  private void refuses(String json, String part, String message) {
    Path file = directory.resolve("tokenizer.json");
    assertThatThrownBy(
            () -> {
              Files.writeString(file, json.formatted(part).replace('\'', '"'));
              TokenizerJson.read(file);
            })
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(file + ": " + message);
  }
}
