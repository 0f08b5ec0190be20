package io.ennead.router.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.engine.TorchModule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelSourceTest {

  @ParameterizedTest
  @ValueSource(strings = {"decoder", "packed_decoder"})
  void theArchiveWasBuiltFromTheSourcesBesideIt(String archive) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(source(Decoder.class, "decoder.py"));
    digest.update(source(Decoder.class, "attention.py"));
    digest.update(source(TorchModule.class, "gated.py"));
    assertThat(entry(archive, "/extra/source.sha256"))
        .as("run deploy/kernels/build_kernels.py after a change of a source")
        .isEqualTo(HexFormat.of().formatHex(digest.digest()));
  }

  /** Where libtorch has none it could not even load them. */
  @Test
  void thePlainDecoderKnowsNoPackedProducts() throws Exception {
    String code = "/code/__torch__/gated.py";
    assertThat(entry("packed_decoder", code)).contains("ops.mkldnn");
    for (String file : List.of(code, "/code/__torch__/decoder.py")) {
      assertThat(entry("decoder", file)).isNotEmpty().doesNotContain("ops.mkldnn");
    }
  }

  private static byte[] source(Class<?> owner, String name) throws IOException {
    try (InputStream source = owner.getResourceAsStream(name)) {
      return source.readAllBytes();
    }
  }

  private static String entry(String archive, String name) throws Exception {
    Path file = Path.of(Decoder.class.getResource(archive + ".pt").toURI());
    try (ZipFile zip = new ZipFile(file.toFile())) {
      ZipEntry entry = zip.getEntry(archive + name);
      return new String(zip.getInputStream(entry).readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
