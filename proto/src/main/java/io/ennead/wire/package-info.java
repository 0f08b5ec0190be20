/**
 * What travels: dtypes and the tensor codec. Row-major, little-endian, no padding; every length is
 * checked. JDK and protobuf only.
 */
@NullMarked
package io.ennead.wire;

import org.jspecify.annotations.NullMarked;
