package io.ennead.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The options of a generation as a conversation sets them: named and checked as the flags of {@code
 * ennead generate} are. Not for several threads.
 */
final class ChatSettings {
  private final Map<String, List<String>> values = new TreeMap<>();
  private RequestFlags flags = new RequestFlags();

  /** The flags alone, so that nothing else can be set. */
  @Command(name = "set")
  private static final class Flags {
    @Mixin private RequestFlags request = new RequestFlags();
  }

  private static CommandLine parser(Flags flags) {
    return new CommandLine(flags).setCaseInsensitiveEnumValuesAllowed(true);
  }

  /** Begins with the flags of the command itself. */
  static ChatSettings of(ParseResult command) {
    ChatSettings settings = new ChatSettings();
    CommandLine known = parser(new Flags());
    for (OptionSpec option : command.matchedOptions()) {
      if (known.getCommandSpec().findOption(option.longestName()) != null) {
        settings.values.put(name(option), option.originalStringValues());
      }
    }
    settings.flags = settings.parse(settings.values);
    return settings;
  }

  private static String name(OptionSpec option) {
    return option.longestName().substring(2);
  }

  /** What there is to set. */
  static List<String> names() {
    return parser(new Flags()).getCommandSpec().options().stream()
        .map(ChatSettings::name)
        .sorted()
        .toList();
  }

  /**
   * Sets one option, to several values where it takes several.
   *
   * @throws CommandException when it is unknown
   * @throws CommandLine.ParameterException when the value is not allowed; then nothing changes
   */
  void set(String name, List<String> given) {
    if (!names().contains(name)) {
      throw new CommandException("%s (expected: one of %s)".formatted(name, names()));
    }
    Map<String, List<String>> next = new TreeMap<>(values);
    next.put(name, List.copyOf(given));
    flags = parse(next);
    values.put(name, List.copyOf(given));
  }

  /** Gives an option its default again; false when it has it. */
  boolean unset(String name) {
    boolean was = values.remove(name) != null;
    flags = parse(values);
    return was;
  }

  private RequestFlags parse(Map<String, List<String>> given) {
    List<String> arguments = new ArrayList<>();
    given.forEach(
        (name, each) -> {
          if (each.isEmpty()) {
            arguments.add("--" + name); // some do without a value
          }
          each.forEach(value -> arguments.add("--%s=%s".formatted(name, value)));
        });
    Flags parsed = new Flags();
    parser(parsed).parseArgs(arguments.toArray(String[]::new));
    return parsed.request;
  }

  /** The options, for requests. */
  RequestFlags flags() {
    return flags;
  }

  /** What is set, a line each. */
  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(entry -> "%s %s".formatted(entry.getKey(), String.join(" ", entry.getValue())))
        .collect(Collectors.joining("\n"));
  }
}
