package io.ennead.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeysTest {
  private static final String HASH =
      "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";

  @TempDir private Path directory;

  private Path file() {
    return directory.resolve("keys.yaml");
  }

  @Test
  void whatIsAppendedIsReadAndFound() throws IOException {
    String first = ApiKey.random();
    String second = ApiKey.random();
    ApiKeys.append(file(), ApiKey.of("web", Set.of(Role.INFER), first));
    ApiKeys.append(file(), ApiKey.of("ops", Set.of(Role.READ, Role.ADMIN), second));
    ApiKeys keys = ApiKeys.read(file());
    assertThat(keys.size()).isEqualTo(2);
    assertThat(keys.find(first)).map(ApiKey::name).contains("web");
    assertThat(keys.find(second)).map(ApiKey::roles).contains(Set.of(Role.READ, Role.ADMIN));
    assertThat(keys.find(ApiKey.random())).isEmpty();
  }

  @Test
  void sharesAndPrioritiesAreKept() throws IOException {
    ApiKey usual = ApiKey.of("web", Set.of(Role.INFER), "a");
    ApiKey urgent = ApiKey.of("chat", Set.of(Role.INFER), "b").with(3, Priority.HIGH);
    ApiKeys.append(file(), usual);
    ApiKeys.append(file(), urgent);
    assertThat(ApiKeys.read(file()).find("a")).contains(usual.with(1, Priority.NORMAL));
    assertThat(ApiKeys.read(file()).find("b")).contains(urgent);
  }

  @Test
  void theFileHoldsNoKeyAndIsItsOwnersOnly() throws IOException {
    String key = ApiKey.random();
    ApiKeys.append(file(), ApiKey.of("web", Set.of(Role.INFER), key));
    assertThat(Files.readString(file())).doesNotContain(key);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
        .isEqualTo("rw-------");
  }

  @Test
  void aNameIsThereOnce() throws IOException {
    ApiKeys.append(file(), ApiKey.of("web", Set.of(Role.INFER), "a"));
    assertThatThrownBy(() -> ApiKeys.append(file(), ApiKey.of("web", Set.of(Role.INFER), "b")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("name: web");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- {name: half",
        "name: web",
        "- {name: web, roles: [king], sha256: aa}",
        "- {name: web, roles: [], sha256: aa}",
        "- {name: web, roles: [infer], sha256: aa}",
        "- {name: web, roles: [infer]}",
        "- {name: web, roles: [infer], key: x}",
        "- {name: web, roles: [infer], sha256: " + HASH + ", share: 0}",
        "- {name: web, roles: [infer], sha256: " + HASH + ", share: 101}",
        "- {name: web, roles: [infer], sha256: " + HASH + ", share: much}",
        "- {name: web, roles: [infer], sha256: " + HASH + ", priority: urgent}"
      })
  void otherFilesAreRefused(String text) throws IOException {
    Files.writeString(file(), text);
    assertThatThrownBy(() -> ApiKeys.read(file())).isInstanceOf(IOException.class);
  }

  @Test
  void keysAreLongAndDiffer() {
    assertThat(ApiKey.random()).hasSize(50).isNotEqualTo(ApiKey.random());
  }
}
