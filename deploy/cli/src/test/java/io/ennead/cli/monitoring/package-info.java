/** What is said of the metrics, against what nodes tell. */
@NullMarked
package io.ennead.cli.monitoring;

import org.jspecify.annotations.NullMarked;
