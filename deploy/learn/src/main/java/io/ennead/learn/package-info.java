/** Distillation of a served model into a student that can be served. */
@NullMarked
package io.ennead.learn;

import org.jspecify.annotations.NullMarked;
