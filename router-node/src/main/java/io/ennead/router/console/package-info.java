/**
 * The web console: one page that shows what the router knows, and the feed that keeps it up to
 * date. It only reads; what it shows is taken once a second, and only while somebody watches.
 */
@NullMarked
package io.ennead.router.console;

import org.jspecify.annotations.NullMarked;
