package io.ennead.router.fuzz;

import com.google.protobuf.Message;
import inference.ModelInferRequest;
import io.ennead.expert.ExpertConfig;
import io.ennead.expert.checkpoint.Checkpoint;
import io.ennead.expert.checkpoint.Fingerprints;
import io.ennead.expert.pack.ExpertCopies;
import io.ennead.expert.pack.ExpertPack;
import io.ennead.expert.pack.PackId;
import io.ennead.node.ConfigLoader;
import io.ennead.node.SharedBytesMarshaller;
import io.ennead.router.RouterConfig;
import io.ennead.router.api.kserve.ClientRequests;
import io.ennead.router.generate.GenerationDefaults;
import io.ennead.router.model.ChatMessage;
import io.ennead.router.model.ChatTemplate;
import io.ennead.v1.ExpertServiceForwardRequest;
import io.ennead.v1.GenerateRequest;
import io.ennead.v1.MoeServiceForwardRequest;
import io.ennead.v1.ScoreRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a node reads that others wrote. Each is read from a directory of its own, as a node does.
 */
enum Input {
  CONFIG {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      checkpoint(directory, "config.json", bytes);
    }
  },
  INDEX {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      checkpoint(directory, "model.safetensors.index.json", bytes);
    }
  },
  SAFETENSORS {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      checkpoint(directory, "model.safetensors", bytes);
    }
  },
  PACK_MANIFEST {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      Files.write(directory.resolve("manifest.json"), bytes);
      Checkpoint model = Checkpoint.open(SMALL);
      ExpertPack.open(directory, model.config(), Fingerprints.model(model)).gateRows();
    }
  },
  GENERATION_CONFIG {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      Files.write(directory.resolve("generation_config.json"), bytes);
      GenerationDefaults.read(directory, List.of(2), 100);
    }
  },
  TOKENIZER_CONFIG {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      Files.write(directory.resolve("tokenizer_config.json"), bytes);
      render(directory);
    }
  },
  CHAT_TEMPLATE {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      Files.write(directory.resolve("chat_template.jinja"), bytes);
      render(directory);
    }
  },
  ROUTER_FILE {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      Path file = Files.write(directory.resolve("router.yaml"), bytes);
      ConfigLoader.load(
          RouterConfig.class, "router", List.of("--config", file.toString()), Map.of());
    }
  },
  EXPERT_FILE {
    @Override
    void read(Path directory, byte[] bytes) throws IOException {
      Path file = Files.write(directory.resolve("expert.yaml"), bytes);
      ConfigLoader.load(
          ExpertConfig.class, "expert", List.of("--config", file.toString()), Map.of());
    }
  },
  GENERATE {
    @Override
    void read(Path directory, byte[] bytes) {
      message(GenerateRequest.getDefaultInstance(), bytes);
    }
  },
  SCORE {
    @Override
    void read(Path directory, byte[] bytes) {
      message(ScoreRequest.getDefaultInstance(), bytes);
    }
  },
  MOE_FORWARD {
    @Override
    void read(Path directory, byte[] bytes) {
      message(MoeServiceForwardRequest.getDefaultInstance(), bytes);
    }
  },
  KSERVE_INFER {
    @Override
    void read(Path directory, byte[] bytes) {
      ModelInferRequest request =
          SharedBytesMarshaller.of(ModelInferRequest.getDefaultInstance())
              .parse(new ByteArrayInputStream(bytes));
      ClientRequests.readBoth(request);
    }
  },
  EXPERT_FORWARD {
    @Override
    void read(Path directory, byte[] bytes) {
      message(ExpertServiceForwardRequest.getDefaultInstance(), bytes);
    }
  };

  static final Path DEMO = Path.of("../deploy/models/demo").toAbsolutePath().normalize();
  static final Path SMALL =
      Path.of("../expert-node/src/test/resources/families/mixtral").toAbsolutePath().normalize();

  /** Reads bytes in place of a valid file or message. */
  abstract void read(Path directory, byte[] bytes) throws IOException;

  /** Puts what else a reader needs into an empty directory. */
  void prepare(Path directory) throws IOException {
    if (this == PACK_MANIFEST) {
      pack(directory);
      return;
    }
    if (this == INDEX || this == CONFIG) {
      for (int shard = 1; shard <= 2; shard++) {
        String name = "model-0000%d-of-00002.safetensors".formatted(shard);
        Files.createSymbolicLink(directory.resolve(name), DEMO.resolve(name));
      }
      Files.copy(
          DEMO.resolve("model.safetensors.index.json"),
          directory.resolve("model.safetensors.index.json"));
    }
    Path model = this == SAFETENSORS ? SMALL : DEMO;
    Files.copy(model.resolve("config.json"), directory.resolve("config.json"));
  }

  static void pack(Path directory) {
    Checkpoint model = Checkpoint.open(SMALL);
    ExpertCopies.write(
        directory,
        new PackId("copy", "1"),
        model,
        Fingerprints.model(model),
        new TreeMap<>(Map.of(0, 1)));
  }

  private static void checkpoint(Path directory, String name, byte[] bytes) throws IOException {
    Files.write(directory.resolve(name), bytes);
    Checkpoint checkpoint = Checkpoint.open(directory);
    checkpoint.config().denseWeights().forEach(checkpoint::require);
    checkpoint.requireExperts(List.of(0));
    if (name.endsWith(".safetensors")) {
      Fingerprints.model(checkpoint);
    }
  }

  private static void render(Path directory) throws IOException {
    List<ChatMessage> messages =
        List.of(new ChatMessage("user", "Who?"), new ChatMessage("assistant", "Me."));
    Optional<String> unused =
        ChatTemplate.read(directory).map(template -> template.render(messages, true));
  }

  private static void message(Message type, byte[] bytes) {
    Message unused = SharedBytesMarshaller.of(type).parse(new ByteArrayInputStream(bytes));
  }
}
