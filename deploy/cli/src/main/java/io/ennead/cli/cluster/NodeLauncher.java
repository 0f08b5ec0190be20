package io.ennead.cli.cluster;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Starts node processes: the same java, class path and class archive as this one, small heaps
 * (weights live outside the heap), one native thread, output into a log of its own.
 */
final class NodeLauncher {
  private static final String EXPERT_MAIN = "io.ennead.expert.ExpertNode";
  private static final String ROUTER_MAIN = "io.ennead.router.RouterNode";

  private final RunDirectory directory;

  NodeLauncher(RunDirectory directory) {
    this.directory = directory;
  }

  NodeRecord expert(ClusterPlan plan, int node) {
    String name = plan.nodeName(node);
    Process process = start(name, "-Xmx256m", EXPERT_MAIN, plan.expertFlags(node));
    return NodeRecord.of(name, process.toHandle(), plan.ports().experts().get(node));
  }

  NodeRecord router(ClusterPlan plan) {
    Process process = start(NodeRecord.ROUTER, "-Xmx512m", ROUTER_MAIN, plan.routerFlags());
    return NodeRecord.of(NodeRecord.ROUTER, process.toHandle(), plan.ports().router());
  }

  private Process start(String name, String heap, String main, List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(heap, "-XX:+UseSerialGC", "-Dai.djl.offline=true"));
    command.addAll(classArchive());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(flags);
    try {
      Files.createDirectories(directory.path());
      return process(command, directory.log(name).toFile()).start();
    } catch (IOException e) {
      throw new ClusterException("cannot start %s: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** Flags of this process that concern the archive of classes, which the launcher made. */
  private static List<String> classArchive() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("-XX:SharedArchiveFile=") || flag.startsWith("-Xlog:cds"))
        .toList();
  }

  private static ProcessBuilder process(List<String> command, File log) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(log);
    builder.environment().putAll(Map.of("OMP_NUM_THREADS", "1", "OPT_OUT_TRACKING", "true"));
    builder.environment().keySet().removeIf(name -> name.startsWith("ENNEAD_")); // flags say all
    return builder;
  }
}
