package io.ennead.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ennead.expert.ExpertConfig;
import io.ennead.expert.ExpertNode;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.checkpoint.TensorInfo;
import io.ennead.expert.engine.TorchExperts;
import io.ennead.node.ConfigLoader;
import io.ennead.router.RouterConfig;
import io.ennead.router.RouterNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A router refuses expert nodes that would give other bits, and says why with both values. */
@Timeout(120)
class PeerRefusalIT {
  @TempDir private Path directory;
  private final AdminProbe probe = new AdminProbe();

  @Test
  void aNodeOfAnotherDtypeIsRefused() throws Exception {
    assertThat(refusal(DemoPlan.MODEL, "bf16")).contains("dtype: bf16 (expected: f32)");
  }

  @Test
  void aNodeWithAnotherGateIsRefusedByTheModelsFingerprint() throws Exception {
    Path other = copyWithAChange("model.layers.2.block_sparse_moe.gate.weight");

    assertThat(refusal(other, "f32"))
        .contains(
            "model fingerprint: %s (expected: %s)"
                .formatted(
                    Fingerprints.model(Checkpoint.open(other)),
                    Fingerprints.model(Checkpoint.open(DemoPlan.MODEL))));
  }

  @Test
  void aNodeWithOneOtherExpertIsRefusedByThatExpertsFingerprint() throws Exception {
    Path other = copyWithAChange("model.layers.1.block_sparse_moe.experts.5.w2.weight");

    assertThat(refusal(other, "f32"))
        .contains(
            "fingerprint of expert 5 of layer 1: %s (expected: %s)"
                .formatted(
                    Fingerprints.expert(Checkpoint.open(other), 1, 5),
                    Fingerprints.expert(Checkpoint.open(DemoPlan.MODEL), 1, 5)));
  }

  /** What /readyz of an f32 router of the bundled model says about an expert node. */
  private String refusal(Path expertModel, String dtype) throws Exception {
    ExpertConfig expert = load(ExpertConfig.class, "expert", flags(expertModel, "--dtype", dtype));
    try (ExpertNode node = ExpertNode.start(expert, TorchExperts::load)) {
      node.awaitReady(DemoPlan.START_LIMIT);
      RouterConfig router =
          load(
              RouterConfig.class,
              "router",
              flags(DemoPlan.MODEL, "--expert-nodes", "127.0.0.1:" + node.port()));
      try (RouterNode started = RouterNode.start(router)) {
        Awaitility.await()
            .untilAsserted(
                () -> assertThat(probe.ask(started.adminPort()).text()).contains("refused"));
        assertThat(probe.ask(started.adminPort()).ready()).isFalse();
        return probe.ask(started.adminPort()).text();
      }
    }
  }

  private static <T extends Record> T load(Class<T> type, String program, List<String> flags) {
    return ConfigLoader.load(type, program, flags, Map.of());
  }

  private static List<String> flags(Path model, String... more) {
    List<String> flags =
        new ArrayList<>(List.of("--model", model.toString(), "--port", "0", "--admin-port", "0"));
    flags.addAll(List.of(more));
    return flags;
  }

  private Path copyWithAChange(String tensor) throws IOException {
    Path copy = Files.createDirectory(directory.resolve("other"));
    try (var files = Files.list(DemoPlan.MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    TensorInfo info = Checkpoint.open(copy).info(tensor);
    try (RandomAccessFile file = new RandomAccessFile(info.file().toFile(), "rw")) {
      file.seek(info.begin());
      int old = file.read();
      file.seek(info.begin());
      file.write(old ^ 1);
    }
    return copy;
  }
}
