/**
 * The command line. One class per command; each turns flags into calls of the client or of the
 * nodes, and what comes back into text. Exit codes: 0 done, 1 failed, 2 wrong usage ({@code health}
 * has those of grpc_health_probe).
 */
@NullMarked
package io.ennead.cli;

import org.jspecify.annotations.NullMarked;
