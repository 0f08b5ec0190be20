package io.ennead.expert.engine;

/**
 * How far loading is.
 *
 * @param doneBytes bytes of weights read, as stored on disk
 * @param totalBytes bytes to read in all
 * @param stage what is being done, for people
 */
public record LoadProgress(long doneBytes, long totalBytes, String stage) {}
