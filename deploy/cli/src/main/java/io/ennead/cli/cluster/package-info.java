/**
 * A whole cluster on this machine: which node listens where and holds which experts, started in one
 * JVM or as one process per node. Processes are recorded in a run directory, so that a later
 * command can find and end exactly them.
 */
@NullMarked
package io.ennead.cli.cluster;

import org.jspecify.annotations.NullMarked;
