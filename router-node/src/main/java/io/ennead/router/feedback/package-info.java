/**
 * What users thought of responses: the drawn choices of recent responses are remembered, in bounded
 * memory, until somebody rates them; then rating and choices go into a database together. No text
 * is kept.
 */
@NullMarked
package io.ennead.router.feedback;

import org.jspecify.annotations.NullMarked;
