package io.ennead.cli;

import io.ennead.access.ApiKey;
import io.ennead.access.ApiKeys;
import io.ennead.access.Priority;
import io.ennead.access.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "keys",
    description =
        "Makes an API key: prints it, once, and appends its hash to the file that nodes read"
            + " (--api-keys). To revoke a key, delete its line; nodes notice within a second.")
final class KeysCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--file",
      defaultValue = "api-keys.yaml",
      paramLabel = "FILE",
      description = "The file of keys, made when it is not there (default: ${DEFAULT-VALUE}).")
  private Path file = Path.of("api-keys.yaml");

  @Parameters(paramLabel = "NAME", description = "Who or what the key is for.")
  private String name = "";

  @Option(
      names = "--role",
      required = true,
      split = ",",
      converter = RoleConverter.class,
      paramLabel = "ROLE",
      description = "What the holder may do: infer, read, admin (both), node.")
  private List<Role> roles = List.of();

  @Option(
      names = "--share",
      defaultValue = "1",
      converter = CountConverter.class,
      paramLabel = "N",
      description =
          "Share of a router that is busy, beside those of other keys, 1 to 100 (default:"
              + " ${DEFAULT-VALUE}).")
  private int share = 1;

  @Option(
      names = "--priority",
      defaultValue = "normal",
      converter = PriorityConverter.class,
      paramLabel = "PRIORITY",
      description =
          "The highest that its requests may ask for: low, normal, high (default:"
              + " ${DEFAULT-VALUE}).")
  private Priority priority = Priority.NORMAL;

  @Override
  public Integer call() throws IOException {
    String key = ApiKey.random();
    ApiKeys.append(file, ApiKey.of(name, Set.copyOf(roles), key).with(share, priority));
    spec.commandLine().getOut().println(key);
    return 0;
  }
}
