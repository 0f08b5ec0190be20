package io.ennead.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line: picks the command, and gives every failure one line and an exit code. */
@Command(
    name = "ennead",
    description = "Serves Mixture-of-Experts language models: one router, eight experts.",
    synopsisSubcommandLabel = "COMMAND",
    version = "ennead 0.1.0",
    subcommands = {
      LocalCommand.class,
      ClusterCommand.class,
      RouterCommand.class,
      ExpertCommand.class,
      ExpertsCommand.class,
      PackCommand.class,
      GenerateCommand.class,
      ChatCommand.class,
      ScoreCommand.class,
      RouteCommand.class,
      InspectCommand.class,
      SynthesizeCommand.class,
      DistillCommand.class,
      TrainExpertCommand.class,
      HealthCommand.class,
      CertsCommand.class,
      KeysCommand.class,
      ProfilesCommand.class,
      AdaptCommand.class,
      FeedbackTrialCommand.class,
      ConfigCommand.class,
      BenchCommand.class,
      BenchLoadCommand.class,
      LoadtestDataCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "1:failed", "2:wrong usage"})
public final class Main {
  private static final int FAILED = 1;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Show the log of nodes in this process, and the stack trace of a failure.")
  private boolean verbose;

  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    CommandLine line =
        commandLine().setOut(utf8(FileDescriptor.out)).setErr(utf8(FileDescriptor.err));
    int code = line.execute(args);
    line.getOut().flush();
    line.getErr().flush();
    System.exit(code);
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    addHelp(line);
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((failure, args) -> wrongUsage(failure))
        .setExecutionExceptionHandler((failure, failing, parsed) -> failed(failure, failing));
  }

  /** To every command but those that are given another program's flags. */
  private static void addHelp(CommandLine line) {
    if (line.getCommandSpec().unmatchedArgsBindings().isEmpty()) {
      line.getCommandSpec().addMixin("help", CommandSpec.forAnnotatedObject(new HelpFlag()));
    }
    line.getSubcommands().values().forEach(Main::addHelp);
  }

  boolean verbose() {
    return verbose;
  }

  /** Not the platform's encoding: Java 17 falls back to ASCII where no locale is set. */
  private static PrintWriter utf8(FileDescriptor stream) {
    return new PrintWriter(
        new OutputStreamWriter(new FileOutputStream(stream), StandardCharsets.UTF_8), true);
  }

  private static int wrongUsage(ParameterException failure) {
    CommandLine line = failure.getCommandLine();
    boolean noCommand = !(line.getCommand() instanceof Callable);
    if (noCommand && !(failure instanceof UnmatchedArgumentException)) {
      line.usage(line.getErr());
      return line.getCommandSpec().exitCodeOnInvalidInput();
    }
    printFailure(line, Failures.describe(failure));
    UnmatchedArgumentException.printSuggestions(failure, line.getErr());
    line.getErr().println("See " + line.getCommandSpec().qualifiedName() + " --help");
    return line.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int failed(Exception failure, CommandLine line) {
    if (line.getCommandSpec().root().userObject() instanceof Main main && main.verbose) {
      failure.printStackTrace(line.getErr());
    }
    printFailure(line, Failures.describe(failure));
    return FAILED;
  }

  private static void printFailure(CommandLine line, String message) {
    line.getErr().println(Ansi.AUTO.string("@|bold,red error:|@ ") + message);
    line.getErr().flush();
  }
}
