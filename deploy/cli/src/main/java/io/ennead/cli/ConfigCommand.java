package io.ennead.cli;

import io.ennead.expert.ExpertConfig;
import io.ennead.node.ConfigException;
import io.ennead.node.ConfigLoader;
import io.ennead.router.RouterConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Unmatched;

@Command(
    name = "config",
    synopsisSubcommandLabel = "COMMAND",
    description = "Shows how nodes would be configured.",
    subcommands = ConfigCommand.Print.class)
final class ConfigCommand {

  /** The programs that have a configuration. */
  enum Program {
    ROUTER(RouterConfig.class),
    EXPERT(ExpertConfig.class);

    private final Class<? extends Record> type;

    Program(Class<? extends Record> type) {
      this.type = type;
    }
  }

  @Command(
      name = "print",
      description =
          "Prints a node's settings as the YAML file that gives them: from flags, environment, file"
              + " and defaults. Takes the node's flags, shown by ennead router --help and ennead"
              + " expert --help.")
  static final class Print implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Mixin
    @SuppressWarnings("UnusedVariable") // read by picocli
    private HelpFlag help = new HelpFlag(); // the node's flags are not known to picocli

    @Parameters(paramLabel = "NODE", description = "${COMPLETION-CANDIDATES}")
    private Program program = Program.ROUTER;

    @Unmatched private List<String> flags = new ArrayList<>();

    @Override
    public Integer call() {
      String name = program.name().toLowerCase(Locale.ROOT);
      spec.commandLine().getOut().print(ConfigLoader.yaml(load(name)));
      spec.commandLine().getOut().flush();
      return 0;
    }

    private Record load(String name) {
      try {
        return ConfigLoader.load(program.type, name, flags, System.getenv());
      } catch (ConfigException e) {
        throw new ParameterException(spec.commandLine(), Failures.describe(e), e);
      }
    }
  }
}
