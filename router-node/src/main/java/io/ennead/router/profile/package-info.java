/**
 * Named, versioned routing profiles: immutable files in one directory, read again when they change.
 * The gate applies them ({@code moe}); {@code ennead adapt} writes them.
 */
@NullMarked
package io.ennead.router.profile;

import org.jspecify.annotations.NullMarked;
