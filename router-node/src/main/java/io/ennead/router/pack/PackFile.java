package io.ennead.router.pack;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.ennead.errors.ServingException;
import io.ennead.expert.checkpoint.ModelFormatException;
import io.ennead.expert.checkpoint.StrictJson;
import io.ennead.expert.pack.PackId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Which packs are active on a router, for its next start: a small JSON file that is replaced as a
 * whole, so that after any crash it is the one before or the one after a change. It belongs to one
 * router; what another has written is not overwritten. Used by one thread at a time.
 */
final class PackFile {
  private static final int FORMAT_VERSION = 1;
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(
              DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES,
              DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private final Path file;
  private List<Entry> entries;

  private PackFile(Path file, List<Entry> entries) {
    this.file = file;
    this.entries = entries;
  }

  /**
   * Reads a file; one that is not there names no pack, and neither does the empty path.
   *
   * @throws ModelFormatException when it is none of these files
   */
  static PackFile read(Path file) {
    return new PackFile(file, entries(file));
  }

  private static List<Entry> entries(Path file) {
    if (file.toString().isEmpty() || Files.notExists(file)) {
      return List.of();
    }
    Content content = StrictJson.parseFile(file, parser -> JSON.readValue(parser, Content.class));
    if (content.formatVersion() != FORMAT_VERSION) {
      throw ModelFormatException.of(
          file, "format_version", content.formatVersion(), String.valueOf(FORMAT_VERSION));
    }
    return content.packs();
  }

  /** What it says, as read or written last. */
  List<Entry> entries() {
    return entries;
  }

  /** Says what is wrong with an entry. */
  ModelFormatException refuse(Entry entry, String why) {
    return ModelFormatException.of(
        file,
        "packs",
        "%s@%s: %s".formatted(entry.name(), entry.version(), why),
        "packs as they were added, or no entry to start without");
  }

  /**
   * Replaces it; returns when that will outlast a crash of the machine.
   *
   * @throws ServingException ENGINE_FAILURE when it cannot be written, or is not as this router
   *     left it
   */
  void write(List<PlacedPack> packs) {
    List<Entry> next = packs.stream().map(Entry::of).toList();
    try {
      requireOwn();
      replace(bytes(new Content(FORMAT_VERSION, next)));
    } catch (IOException | ModelFormatException e) {
      throw ServingException.engineFailure("active packs cannot be kept: " + e, e);
    }
    entries = next;
  }

  /** Two routers with one file would take each other's packs away at their next start. */
  private void requireOwn() {
    if (!entries(file).equals(entries)) {
      throw ModelFormatException.of(
          file, "packs", "changed by another", "a file of this router alone: see --active-packs");
    }
  }

  private static byte[] bytes(Content content) throws JsonProcessingException {
    String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(content);
    return (json + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private void replace(byte[] bytes) throws IOException {
    Path unfinished = file.resolveSibling(file.getFileName() + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    }
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent())) {
      directory.force(true); // the new name too
    }
  }

  private record Content(int formatVersion, List<Entry> packs) {
    Content {
      packs = List.copyOf(packs);
    }
  }

  /**
   * A pack as it was added.
   *
   * @param contentSha256 that its directory must still have
   * @param firstExpert the id that its first expert had, and gets again
   * @param replicas nodes that are to hold each of its experts
   * @param suppressed whether its experts are never chosen
   */
  record Entry(
      String name,
      String version,
      String contentSha256,
      int firstExpert,
      int replicas,
      boolean suppressed) {
    Entry {
      if (replicas < 1) {
        throw ServingException.invalidField("replicas", replicas, "at least 1");
      }
    }

    static Entry of(PlacedPack pack) {
      return new Entry(
          pack.id().name(),
          pack.id().version(),
          pack.manifest().contentHash(),
          pack.first(),
          pack.replicas(),
          pack.gate().suppressed());
    }

    PackId id() {
      return new PackId(name, version);
    }
  }
}
