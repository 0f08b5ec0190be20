/**
 * Whether a cluster survives: faults (a proxy between the nodes, signals to their processes), a
 * load whose every request is recorded, and a checker that compares the record with what the
 * undisturbed cluster answered.
 */
@NullMarked
package io.ennead.cli.survival;

import org.jspecify.annotations.NullMarked;
