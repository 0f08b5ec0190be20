package io.ennead.router.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ennead.errors.ServingException;
import io.ennead.router.moe.RoutingProfile;
import io.ennead.router.moe.RoutingProfile.Layer;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfileDirectoryTest {
  private static final GateShape MODEL = new GateShape("f00d", Set.of(0, 1), 2);

  @TempDir private Path directory;

  private Path write(String name, int version, float bias) throws IOException {
    Map<Integer, Layer> layers = Map.of(1, new Layer(1.5, new float[] {bias, 0}));
    return new ProfileFile(new ProfileId(name, version), "f00d", 2, layers, "by hand")
        .write(directory);
  }

  private ProfileDirectory watch(String byDefault) {
    return ProfileDirectory.watch(directory, byDefault, MODEL);
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    write("kind", 1, 0.25f);
    try (ProfileDirectory profiles = watch("none")) {
      RoutingProfile read = profiles.get().find("kind@1");
      assertThat(read.layers().keySet()).containsExactly(1);
      assertThat(read.layers().get(1).temperature()).isEqualTo(1.5);
      assertThat(read.layers().get(1).bias()).containsExactly(0.25f, 0);
      assertThat(read.contentHash()).hasSize(64);
      assertThat(profiles.get().find("")).isSameAs(RoutingProfile.NONE);
    }
  }

  @Test
  void aVersionIsNeverWrittenAgain() throws IOException {
    Path file = write("kind", 1, 0.25f);
    byte[] before = Files.readAllBytes(file);
    assertThatThrownBy(() -> write("kind", 1, 1)).isInstanceOf(FileAlreadyExistsException.class);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @Test
  void anotherDefaultIsServedWithoutARestartAndSoIsTheOneBefore() throws IOException {
    write("kind", 1, 0.25f);
    try (ProfileDirectory profiles = watch("kind@1")) {
      write("kind", 2, 0.5f);
      ProfileDirectory.setDefault(directory, "kind@2");
      profiles.poll();
      assertThat(profiles.get().find("").id()).isEqualTo("kind@2");
      ProfileDirectory.setDefault(directory, "kind@1");
      touch();
      profiles.poll();
      assertThat(profiles.get().find("").id()).isEqualTo("kind@1");
      assertThat(profiles.get().find("none")).isSameAs(RoutingProfile.NONE);
    }
  }

  /** The clock of the file system may not have moved since. */
  private void touch() throws IOException {
    Path file = directory.resolve("default");
    Files.setLastModifiedTime(
        file,
        java.nio.file.attribute.FileTime.fromMillis(
            Files.getLastModifiedTime(file).toMillis() + 5000));
  }

  @Test
  void aFileThatCannotBeReadLeavesWhatWasThere() throws IOException {
    write("kind", 1, 0.25f);
    try (ProfileDirectory profiles = watch("kind@1")) {
      Profiles before = profiles.get();
      Files.writeString(directory.resolve("kind@2.json"), "{}");
      profiles.poll();
      assertThat(profiles.get()).isSameAs(before);
    }
    assertThatThrownBy(() -> watch("none")).hasMessageContaining("kind@2.json: format");
  }

  @Test
  void aProfileThatIsNotThereIsAnErrorOfItsField() throws IOException {
    write("kind", 1, 0.25f);
    try (ProfileDirectory profiles = watch("none")) {
      assertThatThrownBy(() -> profiles.get().find("kind@3"))
          .isInstanceOf(ServingException.class)
          .hasMessage("routing.profile: kind@3 (expected: none, or one of [kind@1])");
    }
    assertThatThrownBy(() -> watch("kind@3"))
        .hasMessage("default profile: kind@3 (expected: none, or one of [kind@1])");
    assertThatThrownBy(() -> ProfileDirectory.setDefault(directory, "kind@3"))
        .hasMessageContaining("kind@3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f00d | beef | model_fingerprint: beef (expected: f00d)",
        "\"experts\" : 2 | \"experts\" : 3 | bias: 2 numbers (expected: 3, one per expert)",
        "\"layer\" : 1 | \"layer\" : 7 | layer: 7 (expected: one of",
        "0.25 | 9 | bias: 9.0 (expected: -8 to 8)",
        "0.25 | NaN | no JSON",
        "0.25 | \"x\" | bias: \"x\" (expected: a number)",
        "1.5 | 0 | temperature: 0.0 (expected: 0.25 to 4)",
        "\"note\" | \"nota\" | profile: nota (expected:",
        "\"experts\" | \"version\" | no JSON: Duplicate field",
        "\"version\" : 1 | \"version\" : 2 | kind@2 (expected: those of the file's name)"
      })
  void whatIsWrongIsNamed(String text, String instead, String message) throws IOException {
    Path file = write("kind", 1, 0.25f);
    String json = Files.readString(file);
    assertThat(json).contains(text);
    Files.writeString(file, json.replace(text, instead));
    assertThatThrownBy(() -> watch("none")).hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"none@1", "Kind@1", "kind@0", "kind", "../kind@1", "kind@1@2"})
  void otherSpellingsOfAnIdAreRefused(String id) {
    assertThatThrownBy(() -> ProfileId.parse(id)).isInstanceOf(IllegalArgumentException.class);
  }
}
