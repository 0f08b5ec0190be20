/** The experts' kernels by themselves, beside what the machine does at most. */
@NullMarked
package io.ennead.cli.kernels;

import org.jspecify.annotations.NullMarked;
