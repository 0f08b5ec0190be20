package io.ennead.expert.engine;

/**
 * How far loading is.
 *
 * @param doneBytes bytes of weights read, as stored on disk
 * @param totalBytes bytes to read in all
 */
public record LoadProgress(long doneBytes, long totalBytes) {}
