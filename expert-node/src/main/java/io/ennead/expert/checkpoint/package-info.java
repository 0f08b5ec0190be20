/**
 * Reads Hugging Face checkpoints: config.json, the shard index, safetensors headers, and single
 * tensors by position, a few at a time. Refuses whatever it does not fully understand, in messages
 * that name file, field or tensor, value and expectation. Knows no engine.
 */
@NullMarked
package io.ennead.expert.checkpoint;

import org.jspecify.annotations.NullMarked;
