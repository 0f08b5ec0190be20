/**
 * Texts of any length: windows over them, passes over the windows, and the temperature at which
 * they are most likely. Plain Java above {@code generate}.
 */
@NullMarked
package io.ennead.router.score;

import org.jspecify.annotations.NullMarked;
