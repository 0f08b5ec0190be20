package io.ennead.expert.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelSourceTest {

  @ParameterizedTest
  @CsvSource({"gated_experts, gated", "packed_experts, gated", "machine_limits,"})
  void theArchiveWasBuiltFromTheSourcesBesideIt(String kernel, String imported) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(source(TorchExperts.class, kernel + ".py"));
    if (imported != null) {
      digest.update(source(TorchExperts.class, imported + ".py"));
    }
    assertThat(recordedDigest(kernel))
        .as("run deploy/kernels/build_kernels.py after a change of a source")
        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
  }

  private static byte[] source(Class<?> owner, String name) throws IOException {
    try (InputStream source = owner.getResourceAsStream(name)) {
      return source.readAllBytes();
    }
  }

  private static String recordedDigest(String kernel) throws Exception {
    Path archive = Path.of(TorchExperts.class.getResource(kernel + ".pt").toURI());
    try (ZipFile zip = new ZipFile(archive.toFile())) {
      ZipEntry entry = zip.getEntry(kernel + "/extra/source.sha256");
      return new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
