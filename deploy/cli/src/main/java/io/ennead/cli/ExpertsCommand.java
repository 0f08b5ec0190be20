package io.ennead.cli;

import picocli.CommandLine.Command;

@Command(
    name = "experts",
    synopsisSubcommandLabel = "COMMAND",
    description = "Shows which node holds which experts, and moves them while requests go on.",
    subcommands = {ExpertsListCommand.class, ExpertsMoveCommand.class, ExpertsBalanceCommand.class})
final class ExpertsCommand {}
