/** Models of random weights at true dimensions. */
@NullMarked
package io.ennead.cli.synthetic;

import org.jspecify.annotations.NullMarked;
