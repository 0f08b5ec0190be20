package io.ennead.cli;

import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackManifest;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** A pack's manifest in words. */
final class PackWords {
  private PackWords() {}

  static Table of(Path directory) {
    PackManifest pack = ExpertPack.manifest(directory);
    return new Table()
        .row("pack", pack.id())
        .row("for", "%s, fingerprint %s".formatted(pack.family(), pack.modelFingerprint()))
        .row(
            "experts",
            "%d in each of layers %s, width %d, %s"
                .formatted(
                    pack.experts(),
                    pack.layers().stream().map(String::valueOf).collect(Collectors.joining(",")),
                    pack.expertWidth(),
                    pack.type()))
        .row("content", pack.contentHash());
  }
}
