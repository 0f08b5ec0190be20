package io.ennead.cli;

import picocli.CommandLine.Command;

@Command(
    name = "cluster",
    synopsisSubcommandLabel = "COMMAND",
    description = "Runs a cluster on this machine, one process per node.",
    subcommands = {ClusterUpCommand.class, ClusterDownCommand.class, ClusterStatusCommand.class})
final class ClusterCommand {}
