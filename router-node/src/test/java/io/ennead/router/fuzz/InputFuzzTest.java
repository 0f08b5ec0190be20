package io.ennead.router.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The same inputs for Jazzer. As a test, each method reads what is recorded in {@code
 * InputFuzzTestInputs} under its name; with {@code JAZZER_FUZZ=1} one of them looks for more.
 */
class InputFuzzTest {

  @FuzzTest
  void config(byte[] bytes) throws IOException {
    check(Input.CONFIG, bytes);
  }

  @FuzzTest
  void index(byte[] bytes) throws IOException {
    check(Input.INDEX, bytes);
  }

  @FuzzTest
  void safetensors(byte[] bytes) throws IOException {
    check(Input.SAFETENSORS, bytes);
  }

  @FuzzTest
  void packManifest(byte[] bytes) throws IOException {
    check(Input.PACK_MANIFEST, bytes);
  }

  @FuzzTest
  void generationConfig(byte[] bytes) throws IOException {
    check(Input.GENERATION_CONFIG, bytes);
  }

  @FuzzTest
  void tokenizerConfig(byte[] bytes) throws IOException {
    check(Input.TOKENIZER_CONFIG, bytes);
  }

  @FuzzTest
  void chatTemplate(byte[] bytes) throws IOException {
    check(Input.CHAT_TEMPLATE, bytes);
  }

  @FuzzTest
  void routerFile(byte[] bytes) throws IOException {
    check(Input.ROUTER_FILE, bytes);
  }

  @FuzzTest
  void generate(byte[] bytes) throws IOException {
    check(Input.GENERATE, bytes);
  }

  @FuzzTest
  void expertForward(byte[] bytes) throws IOException {
    check(Input.EXPERT_FORWARD, bytes);
  }

  @FuzzTest
  void kserveInfer(byte[] bytes) throws IOException {
    check(Input.KSERVE_INFER, bytes);
  }

  private static void check(Input input, byte[] bytes) throws IOException {
    Path directory = Files.createTempDirectory("fuzz");
    try {
      new InputCheck(input, directory).accepts(bytes, input.toString());
    } finally {
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      paths.sorted(Comparator.reverseOrder()).forEach(InputFuzzTest::deleteOne);
    }
  }

  private static void deleteOne(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
