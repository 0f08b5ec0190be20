/** The random stream of a request, which routing and sampling draw from. */
@NullMarked
package io.ennead.router.random;

import org.jspecify.annotations.NullMarked;
