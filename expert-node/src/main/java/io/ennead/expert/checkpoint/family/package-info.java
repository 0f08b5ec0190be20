/**
 * Families of models: each class turns the config.json of one family into the records of {@code
 * architecture}, tensor names included. A new family is one class here and one line in {@code
 * Families}.
 */
@NullMarked
package io.ennead.expert.checkpoint.family;

import org.jspecify.annotations.NullMarked;
