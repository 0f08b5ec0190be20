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
public final class NodeLauncher {
  private static final String EXPERT_MAIN = "io.ennead.expert.ExpertNode";
  private static final String ROUTER_MAIN = "io.ennead.router.RouterNode";

  private final RunDirectory directory;

  /** Logs go into the directory; nothing is recorded there. */
  public NodeLauncher(RunDirectory directory) {
    this.directory = directory;
  }

  NodeRecord expert(ClusterPlan plan, int node) {
    Process process = startExpert(plan, node);
    return NodeRecord.of(plan.nodeName(node), process.toHandle(), plan.ports().experts().get(node));
  }

  NodeRecord router(ClusterPlan plan) {
    Process process = startRouter(plan);
    return NodeRecord.of(NodeRecord.ROUTER, process.toHandle(), plan.ports().router());
  }

  /** Starts one expert node, for a caller that owns the process and sees how it ends. */
  public Process startExpert(ClusterPlan plan, int node) {
    return start(plan.nodeName(node), "-Xmx256m", EXPERT_MAIN, plan.expertFlags(node));
  }

  /** Starts the router alone, for a caller that owns the process and sees how it ends. */
  public Process startRouter(ClusterPlan plan) {
    return start(NodeRecord.ROUTER, "-Xmx512m", ROUTER_MAIN, plan.routerFlags());
  }

  private Process start(String name, String heap, String main, List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(heap, "-XX:+UseSerialGC", "-Dai.djl.offline=true"));
    command.addAll(classArchive());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
    command.addAll(flags);
    command.addAll(List.of("--log-format", "text")); // people read these files
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
