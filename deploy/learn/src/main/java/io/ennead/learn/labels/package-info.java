/** What a student learns from: sequences of a corpus, a teacher's soft labels, and their cache. */
@NullMarked
package io.ennead.learn.labels;

import org.jspecify.annotations.NullMarked;
