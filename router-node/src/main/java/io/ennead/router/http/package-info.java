/**
 * OpenAI's HTTP API: requests become {@link io.ennead.v1.GenerateRequest} and go through {@link
 * io.ennead.router.api.GenerationReader} as those over gRPC do; errors name parameters as they were
 * sent. What is not offered is refused by its name.
 */
@NullMarked
package io.ennead.router.http;

import org.jspecify.annotations.NullMarked;
