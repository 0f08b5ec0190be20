package io.ennead.expert.engine;

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
    try (InputStream source = TorchExperts.class.getResourceAsStream("swiglu_experts.py")) {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(source.readAllBytes());
      assertThat(recordedDigest())
          .as("run deploy/kernels/build_kernels.py after a change of the source")
          .isEqualTo(HexFormat.of().formatHex(digest));
    }
  }

  private static String recordedDigest() throws Exception {
    Path archive = Path.of(TorchExperts.class.getResource("swiglu_experts.pt").toURI());
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      ZipEntry entry = zip.getEntry("swiglu_experts/extra/source.sha256");
      return new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
