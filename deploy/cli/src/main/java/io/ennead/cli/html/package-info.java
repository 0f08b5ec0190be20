/** Pages that need nothing else: HTML that is XML too, drawings in line, no script. */
@NullMarked
package io.ennead.cli.html;

import org.jspecify.annotations.NullMarked;
