/** Steps: optimiser, schedule, order of the data, checkpoints that resume, the log. Plain Java. */
@NullMarked
package io.ennead.learn.train;

import org.jspecify.annotations.NullMarked;
