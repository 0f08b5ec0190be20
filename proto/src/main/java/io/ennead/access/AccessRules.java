package io.ennead.access;

import static java.util.Map.entry;

import java.util.Map;
import java.util.Optional;

/**
 * The role that every method and route asks for. What is not listed is denied to everybody, so a
 * new method needs a line here before it can be called.
 */
final class AccessRules {
  private static final String KSERVE = "inference.GRPCInferenceService/";
  private static final Optional<Role> EVERYBODY = Optional.empty();
  private static final Optional<Role> INFER = Optional.of(Role.INFER);
  private static final Optional<Role> READ = Optional.of(Role.READ);
  private static final Optional<Role> NODE = Optional.of(Role.NODE);
  private static final Optional<Role> ADMIN = Optional.of(Role.ADMIN);

  // Probes carry no key: health, liveness and readiness tell nothing but that.
  private static final Map<String, Optional<Role>> RULES =
      Map.ofEntries(
          entry("/livez", EVERYBODY),
          entry("/readyz", EVERYBODY),
          entry("/metrics", READ),
          entry("/", EVERYBODY),
          entry("/console", EVERYBODY),
          entry("/console/*", EVERYBODY),
          entry("/console/feed", READ),
          entry("/v1/models", INFER),
          entry("/v1/models/*", INFER),
          entry("/v1/completions", INFER),
          entry("/v1/chat/completions", INFER),
          entry("grpc.health.v1.Health/Check", EVERYBODY),
          entry("grpc.health.v1.Health/Watch", EVERYBODY),
          entry("grpc.health.v1.Health/List", READ),
          entry("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", READ),
          entry("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", READ),
          entry("ennead.v1.InferenceService/Generate", INFER),
          entry("ennead.v1.InferenceService/Score", INFER),
          entry("ennead.v1.InferenceService/ScoreStream", INFER),
          entry("ennead.v1.InferenceService/SoftLabels", INFER),
          entry("ennead.v1.InferenceService/Tokenize", INFER),
          entry("ennead.v1.InferenceService/Detokenize", INFER),
          entry("ennead.v1.InferenceService/ListModels", INFER),
          entry("ennead.v1.InferenceService/RecordFeedback", INFER),
          entry("ennead.v1.InferenceService/DeleteFeedback", INFER),
          entry("ennead.v1.MoeService/Forward", INFER),
          entry(KSERVE + "ServerLive", EVERYBODY),
          entry(KSERVE + "ServerReady", EVERYBODY),
          entry(KSERVE + "ModelReady", EVERYBODY),
          entry(KSERVE + "ServerMetadata", INFER),
          entry(KSERVE + "ModelMetadata", INFER),
          entry(KSERVE + "ModelConfig", INFER),
          entry(KSERVE + "ModelInfer", INFER),
          entry(KSERVE + "ModelStreamInfer", INFER),
          entry(KSERVE + "RepositoryIndex", INFER),
          entry(KSERVE + "ModelStatistics", READ),
          entry("ennead.v1.ClusterService/AddPack", ADMIN),
          entry("ennead.v1.ClusterService/GetPlacement", ADMIN),
          entry("ennead.v1.ClusterService/ListPacks", ADMIN),
          entry("ennead.v1.ClusterService/MoveExpert", ADMIN),
          entry("ennead.v1.ClusterService/Rebalance", ADMIN),
          entry("ennead.v1.ClusterService/RemovePack", ADMIN),
          entry("ennead.v1.ExpertService/DescribeNode", NODE),
          entry("ennead.v1.ExpertService/Forward", NODE),
          entry("ennead.v1.ExpertService/LoadExperts", ADMIN),
          entry("ennead.v1.ExpertService/UnloadExperts", ADMIN),
          // Not served; the answer says so.
          entry(KSERVE + "RepositoryModelLoad", INFER),
          entry(KSERVE + "RepositoryModelUnload", INFER),
          entry(KSERVE + "SystemSharedMemoryStatus", INFER),
          entry(KSERVE + "SystemSharedMemoryRegister", INFER),
          entry(KSERVE + "SystemSharedMemoryUnregister", INFER),
          entry(KSERVE + "CudaSharedMemoryStatus", INFER),
          entry(KSERVE + "CudaSharedMemoryRegister", INFER),
          entry(KSERVE + "CudaSharedMemoryUnregister", INFER),
          entry(KSERVE + "TraceSetting", INFER),
          entry(KSERVE + "LogSettings", INFER));

  private AccessRules() {}

  static boolean known(String operation) {
    return RULES.containsKey(operation);
  }

  /** The role that is asked for; empty: none. Only for {@link #known} operations. */
  static Optional<Role> required(String operation) {
    return RULES.getOrDefault(operation, ADMIN);
  }
}
