/** gRPC in: decode, validate, hand to the batcher, encode. No policy. */
@NullMarked
package io.ennead.expert.api;

import org.jspecify.annotations.NullMarked;
