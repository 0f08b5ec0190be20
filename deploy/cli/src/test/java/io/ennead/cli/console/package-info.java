/** The web console in a real browser, without a window. */
@NullMarked
package io.ennead.cli.console;

import org.jspecify.annotations.NullMarked;
