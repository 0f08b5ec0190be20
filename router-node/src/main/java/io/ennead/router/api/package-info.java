/**
 * gRPC in: requests become checked domain records, domain results become messages, failures become
 * statuses. No policy. Requests are read in {@code Prompts} and {@code Options}, answers are
 * written in {@code Responses}.
 */
@NullMarked
package io.ennead.router.api;

import org.jspecify.annotations.NullMarked;
