package io.ennead.expert.pack;

import io.ennead.expert.checkpoint.ElementType;
import io.ennead.expert.checkpoint.WeightReader.Sink;
import java.util.function.Consumer;

/**
 * Numbers of a tensor to be written.
 *
 * @param type F32 or BF16; numbers that BF16 has not are rounded to it
 * @param rows hands the sink all rows, ascending
 */
public record PackTensor(ElementType type, Consumer<Sink> rows) {}
