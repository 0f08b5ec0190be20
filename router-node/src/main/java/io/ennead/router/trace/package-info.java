/**
 * How a request's tokens were routed, for the request to see: recorded while the model runs, row by
 * row, and handed out in pieces of bounded size.
 */
@NullMarked
package io.ennead.router.trace;

import org.jspecify.annotations.NullMarked;
