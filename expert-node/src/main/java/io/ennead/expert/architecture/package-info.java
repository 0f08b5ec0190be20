/**
 * What a model is made of: records that say which parts each layer has, their parameters, and where
 * in the checkpoint their weights lie. Pure data: whoever loads or computes walks it.
 */
@NullMarked
package io.ennead.expert.architecture;

import org.jspecify.annotations.NullMarked;
