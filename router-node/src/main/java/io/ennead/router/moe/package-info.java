/**
 * A Mixture-of-Experts layer in plain Java: the gate (scores to expert ids and weights), the
 * one-method seam {@code ExpertLayer}, and the weighted sum in ascending expert id. Float32
 * throughout; no engine, no network.
 */
@NullMarked
package io.ennead.router.moe;

import org.jspecify.annotations.NullMarked;
