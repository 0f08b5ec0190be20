/**
 * Calls to rows: a bounded queue in front of the engine, and one thread that runs the waiting calls
 * of one layer together. Sheds when full, drops what is cancelled.
 */
@NullMarked
package io.ennead.expert.batch;

import org.jspecify.annotations.NullMarked;
