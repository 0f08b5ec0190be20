/**
 * Which node holds which experts: an immutable snapshot of what the peers announce, rebuilt when
 * one of them changes.
 */
@NullMarked
package io.ennead.router.placement;

import org.jspecify.annotations.NullMarked;
