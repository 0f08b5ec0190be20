/**
 * A model that can be trained: the blocks that {@code expert.architecture} describes, on PyTorch's
 * autograd through DJL, and the loss. Nothing native leaves the package; what goes in and comes out
 * is plain arrays.
 */
@NullMarked
package io.ennead.learn.model;

import org.jspecify.annotations.NullMarked;
