/**
 * Expert packs of a running cluster: which nodes load their experts, when the gate grows and
 * shrinks, and how a step that fails is undone.
 */
@NullMarked
package io.ennead.router.pack;

import org.jspecify.annotations.NullMarked;
