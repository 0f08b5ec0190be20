package io.ennead.cli;

import io.ennead.expert.ExpertConfig;
import io.ennead.expert.ExpertNode;
import io.ennead.node.ConfigLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

/** Hands everything to the node: its flags are those of its configuration. */
@Command(name = "expert", description = "Runs an expert node; --help shows its settings.")
final class ExpertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Unmatched private List<String> arguments = new ArrayList<>();

  @Override
  public Integer call() throws Exception {
    if (arguments.contains("--help") || arguments.contains("-h")) {
      spec.commandLine().getOut().println(ConfigLoader.help(ExpertConfig.class, "ennead expert"));
      return 0;
    }
    ExpertNode.main(arguments.toArray(String[]::new));
    return 0;
  }
}
