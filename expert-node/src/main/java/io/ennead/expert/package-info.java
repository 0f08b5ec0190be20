/**
 * The expert node: configuration, start, readiness and end. Holds the FFN weights of its experts
 * for every MoE layer and no state of any request.
 */
@NullMarked
package io.ennead.expert;

import org.jspecify.annotations.NullMarked;
