package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.engine.TorchModule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

class KernelSourceTest {

  @Test
  void theArchiveWasBuiltFromTheSourcesBesideIt() throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(source(Decoder.class, "decoder.py"));
    digest.update(source(Decoder.class, "attention.py"));
    digest.update(source(TorchModule.class, "gated.py"));
    assertThat(recordedDigest())
        .as("run deploy/kernels/build_kernels.py after a change of a source")
        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
  }

  private static byte[] source(Class<?> owner, String name) throws IOException {
    try (InputStream source = owner.getResourceAsStream(name)) {
      return source.readAllBytes();
    }
  }

  private static String recordedDigest() throws Exception {
    Path archive = Path.of(Decoder.class.getResource("decoder.pt").toURI());
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      ZipEntry entry = zip.getEntry("decoder/extra/source.sha256");
      return new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
