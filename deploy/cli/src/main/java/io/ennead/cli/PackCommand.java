package io.ennead.cli;

import picocli.CommandLine.Command;

@Command(
    name = "pack",
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Expert packs: makes experts that a model does not have, adds them to a running cluster and"
            + " takes them away.",
    subcommands = {
      PackCreateCommand.class,
      PackAddCommand.class,
      PackRemoveCommand.class,
      PackListCommand.class
    })
final class PackCommand {}
