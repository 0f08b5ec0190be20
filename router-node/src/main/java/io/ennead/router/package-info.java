/** The router node: reads its configuration, puts the parts together and serves. */
@NullMarked
package io.ennead.router;

import org.jspecify.annotations.NullMarked;
