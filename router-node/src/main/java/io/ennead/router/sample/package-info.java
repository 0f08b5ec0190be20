/**
 * Which token comes next: samplers on one row of logits, and log-probabilities. Plain Java; knows
 * neither the model nor the batch.
 */
@NullMarked
package io.ennead.router.sample;

import org.jspecify.annotations.NullMarked;
