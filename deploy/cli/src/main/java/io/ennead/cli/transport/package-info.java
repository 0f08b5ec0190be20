/**
 * The way from router to expert nodes and back without the experts, beside the least that other
 * transports do with the same bytes.
 */
@NullMarked
package io.ennead.cli.transport;

import org.jspecify.annotations.NullMarked;
