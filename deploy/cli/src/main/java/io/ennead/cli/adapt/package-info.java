/**
 * Learns a routing profile from rated responses: plain Java on the drawn choices that a router
 * kept, with neither a model nor an engine, which is why it is beside the commands and not with the
 * trainers.
 */
@NullMarked
package io.ennead.cli.adapt;

import org.jspecify.annotations.NullMarked;
