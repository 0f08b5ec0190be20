/** The one exception of the product, with a factory per reason. Knows nothing of gRPC. */
@NullMarked
package io.ennead.errors;

import org.jspecify.annotations.NullMarked;
