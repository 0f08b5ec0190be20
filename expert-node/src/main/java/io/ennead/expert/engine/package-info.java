/**
 * Runs experts on rows: TorchScript kernels through DJL. The only package of this module that knows
 * the engine.
 */
@NullMarked
package io.ennead.expert.engine;

import org.jspecify.annotations.NullMarked;
