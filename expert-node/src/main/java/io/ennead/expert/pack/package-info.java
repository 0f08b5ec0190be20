/**
 * Expert packs: a directory with FFN weights of experts that a model does not have, their rows of
 * the gate, and a manifest that says of which model. Knows the checkpoint and its records, and no
 * engine.
 */
@NullMarked
package io.ennead.expert.pack;

import org.jspecify.annotations.NullMarked;
