/**
 * Who runs when and which token comes next: requests and their sinks, samplers, log-probabilities,
 * and the way from tokens to text with stop strings. Plain Java; engines and networks are behind
 * interfaces.
 */
@NullMarked
package io.ennead.router.generate;

import org.jspecify.annotations.NullMarked;
