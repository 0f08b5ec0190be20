/** Reports of load on a router, and what ghz's configuration files say of it. */
@NullMarked
package io.ennead.cli.bench;

import org.jspecify.annotations.NullMarked;
