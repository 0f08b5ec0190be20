package io.ennead.access;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The keys of a file, as read at one moment. The file is a YAML list:
 *
 * <pre>
 * - {name: web, roles: [infer], sha256: 0123...}
 * - {name: chat, roles: [infer], sha256: 4567..., share: 3, priority: high}
 * </pre>
 */
public final class ApiKeys {
  private static final YAMLMapper YAML =
      YAMLMapper.builder(new YAMLFactory())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final List<ApiKey> keys;

  /**
   * Keeps keys.
   *
   * @throws IllegalArgumentException when two have one name
   */
  public ApiKeys(List<ApiKey> keys) {
    this.keys = List.copyOf(keys);
    Set<String> names = new HashSet<>();
    for (ApiKey key : keys) {
      if (!names.add(key.name())) {
        throw new IllegalArgumentException("name: %s (expected: each once)".formatted(key.name()));
      }
    }
  }

  /** One entry of the file. */
  private record Entry(
      String name, List<String> roles, String sha256, Integer share, String priority) {
    ApiKey key() {
      if (name == null || roles == null || sha256 == null) {
        throw new IllegalArgumentException("a key without name, roles or sha256");
      }
      return new ApiKey(name, roles.stream().map(Role::parse).collect(Collectors.toSet()), sha256)
          .with(
              share == null ? 1 : share,
              priority == null ? Priority.NORMAL : Priority.parse(priority));
    }
  }

  /**
   * Reads a file.
   *
   * @throws IOException when it cannot be read or says something else
   */
  public static ApiKeys read(Path file) throws IOException {
    try {
      String text = Files.readString(file);
      List<Entry> entries =
          text.isBlank() ? List.of() : YAML.readValue(text, new TypeReference<>() {});
      return new ApiKeys(entries.stream().map(Entry::key).toList());
    } catch (JsonProcessingException e) {
      throw new IOException("no list of keys: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Appends a key to a file, which only its owner can read when it is new.
   *
   * @throws IOException when the file holds something else, or the name already
   */
  public static void append(Path file, ApiKey key) throws IOException {
    if (Files.exists(file)) {
      ApiKeys there = read(file);
      if (there.keys.stream().anyMatch(other -> other.name().equals(key.name()))) {
        throw new IOException("name: %s (expected: one that is not there)".formatted(key.name()));
      }
    } else {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.writeString(file, line(key), StandardCharsets.UTF_8, StandardOpenOption.APPEND);
  }

  private static String line(ApiKey key) {
    String roles = key.roles().stream().map(Role::label).sorted().collect(Collectors.joining(", "));
    return "\n- {name: %s, roles: [%s], sha256: %s%s%s}"
        .formatted(
            key.name(),
            roles,
            key.sha256(),
            key.share() == 1 ? "" : ", share: " + key.share(),
            key.priority() == Priority.NORMAL ? "" : ", priority: " + key.priority().label());
  }

  /** The key that was sent, if it is one of these. Looks at all of them, whichever it is. */
  Optional<ApiKey> find(String sent) {
    byte[] hash = ApiKey.hash(sent);
    Optional<ApiKey> found = Optional.empty();
    for (ApiKey key : keys) {
      if (key.matches(hash)) {
        found = Optional.of(key);
      }
    }
    return found;
  }

  /** How many there are. */
  public int size() {
    return keys.size();
  }
}
