/**
 * Which node should hold which experts, and how they get there: replica counts from measured load,
 * and moves of one expert at a time.
 */
@NullMarked
package io.ennead.router.balance;

import org.jspecify.annotations.NullMarked;
