/**
 * Distillation of a served model into a student that can be served, and training of new experts of
 * a model that stays as it is.
 */
@NullMarked
package io.ennead.learn;

import org.jspecify.annotations.NullMarked;
