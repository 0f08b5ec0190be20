package io.ennead.cli;

import io.ennead.node.ConfigLoader;
import io.ennead.router.RouterConfig;
import io.ennead.router.RouterNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Hands everything to the node: its flags are those of its configuration. */
@Command(name = "router", description = "Runs a router node; --help shows its settings.")
final class RouterCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      spec.commandLine().getOut().println(ConfigLoader.help(RouterConfig.class, "ennead router"));
      return 0;
    }
    RouterNode.main(arguments.toArray(String[]::new));
    return 0;
  }
}
