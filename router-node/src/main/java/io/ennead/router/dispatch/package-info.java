/**
 * The expert layer over the network: rows to the nodes that hold their experts, outputs back,
 * weighted sum in ascending expert id. Retries live here and nowhere else.
 */
@NullMarked
package io.ennead.router.dispatch;

import org.jspecify.annotations.NullMarked;
