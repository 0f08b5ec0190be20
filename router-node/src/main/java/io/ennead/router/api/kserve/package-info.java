/**
 * The KServe v2 protocol with Triton's extensions (docs/kserve.md). Requests become those of {@code
 * ennead.v1} and go the same way: {@link io.ennead.router.api.GenerationReader} for text, {@link
 * io.ennead.router.api.LayerCalls} for single layers; fields of errors become names of this
 * protocol again.
 */
@NullMarked
package io.ennead.router.api.kserve;

import org.jspecify.annotations.NullMarked;
