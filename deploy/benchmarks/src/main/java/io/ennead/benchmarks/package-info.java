/** JMH benchmarks of what a router and an expert node do per token in plain Java. */
@NullMarked
package io.ennead.benchmarks;

import org.jspecify.annotations.NullMarked;
