package io.ennead.cli;

import picocli.CommandLine.Command;

@Command(
    name = "pack",
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Makes expert packs: experts that a model does not have, for a cluster that serves it.",
    subcommands = {PackCreateCommand.class})
final class PackCommand {}
