/**
 * Load on a router: requests of mixed lengths, a fixed number at a time or at random moments, and
 * what each of them showed.
 */
@NullMarked
package io.ennead.client.load;

import org.jspecify.annotations.NullMarked;
