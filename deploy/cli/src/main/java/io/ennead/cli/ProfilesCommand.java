package io.ennead.cli;

import io.ennead.router.profile.ProfileDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "profiles",
    description =
        "Lists the routing profiles of a directory, or sets the default of the routers that serve it"
            + " (--profiles): they notice within seconds. Setting an earlier version rolls back.")
final class ProfilesCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The directory.")
  private Path directory = Path.of("");

  @Option(
      names = "--default",
      paramLabel = "NAME@VERSION",
      description = "Profile of requests that pick none; none: the model's own gate.")
  private @Nullable String byDefault;

  @Override
  public Integer call() throws IOException {
    if (byDefault != null) {
      ProfileDirectory.setDefault(directory, byDefault);
      return 0;
    }
    ProfileDirectory.list(directory).forEach(spec.commandLine().getOut()::println);
    return 0;
  }
}
