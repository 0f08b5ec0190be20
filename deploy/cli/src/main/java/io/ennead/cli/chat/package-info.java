/** A conversation at a terminal: what was said, and where lines come from. */
@NullMarked
package io.ennead.cli.chat;

import org.jspecify.annotations.NullMarked;
