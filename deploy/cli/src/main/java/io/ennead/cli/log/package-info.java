/** How lines of the log look. */
@NullMarked
package io.ennead.cli.log;

import org.jspecify.annotations.NullMarked;
