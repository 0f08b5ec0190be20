/**
 * Which expert did what: routing traces of a sequence put together, their figures, and the page
 * that draws them. Pages are one file that needs nothing else and is the same for the same
 * responses.
 */
@NullMarked
package io.ennead.cli.route;

import org.jspecify.annotations.NullMarked;
