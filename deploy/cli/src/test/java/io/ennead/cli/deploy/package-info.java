/** What containers are told, against what nodes understand. */
@NullMarked
package io.ennead.cli.deploy;

import org.jspecify.annotations.NullMarked;
