/**
 * The Java client: text generation, scoring and tokenizing over gRPC, with typed errors. Speaks the
 * messages of {@code io.ennead.v1} as they are; needs no engine.
 */
@NullMarked
package io.ennead.client;

import org.jspecify.annotations.NullMarked;
