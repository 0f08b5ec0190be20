/**
 * The dense part of the model: tokenizer, embedding, attention with its KV cache, norms, gate
 * logits, head. Runs a {@code Step} of many sequences in one native call between two dispatches.
 * Knows the engine; nothing outside sees it.
 */
@NullMarked
package io.ennead.router.model;

import org.jspecify.annotations.NullMarked;
