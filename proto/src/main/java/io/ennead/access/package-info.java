/**
 * Who may call what: roles, API keys, the table of methods and routes, and the one decision that
 * gRPC and HTTP both ask for. Knows neither of them.
 */
@NullMarked
package io.ennead.access;

import org.jspecify.annotations.NullMarked;
