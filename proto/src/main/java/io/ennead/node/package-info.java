/**
 * Server plumbing of both nodes: configuration, gRPC server with health and reflection, error
 * mapping, admin HTTP, readiness, metrics of calls.
 */
@NullMarked
package io.ennead.node;

import org.jspecify.annotations.NullMarked;
