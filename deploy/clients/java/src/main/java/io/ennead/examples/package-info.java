/** How the Java client is used, a program each. */
@NullMarked
package io.ennead.examples;

import org.jspecify.annotations.NullMarked;
