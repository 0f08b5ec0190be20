/** A certificate authority for development, and the certificates that it issues. */
@NullMarked
package io.ennead.cli.certs;

import org.jspecify.annotations.NullMarked;
