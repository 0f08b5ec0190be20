package io.ennead.cli;

import picocli.CommandLine.Option;

/** The flag that every command has. */
final class HelpFlag {
  @SuppressWarnings("unused") // picocli acts on it
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;
}
