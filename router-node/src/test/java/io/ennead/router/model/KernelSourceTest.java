package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;

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
  void theArchiveWasBuiltFromTheSourceBesideIt() throws Exception {
    try (InputStream source = Decoder.class.getResourceAsStream("decoder.py")) {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(source.readAllBytes());
      assertThat(recordedDigest())
          .as("run deploy/kernels/build_kernels.py after a change of the source")
          .isEqualTo(HexFormat.of().formatHex(digest));
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
