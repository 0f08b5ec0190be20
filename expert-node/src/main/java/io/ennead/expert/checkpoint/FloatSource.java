package io.ennead.expert.checkpoint;

import java.nio.FloatBuffer;
import java.security.MessageDigest;

/**
 * The numbers of a tensor in row-major order, whatever their storage. Holds files open until {@link
 * #close}. Used by one thread at a time.
 *
 * <p>Reads go through the page cache into a small buffer rather than through a memory mapping: a
 * file that shrinks while it is read gives an exception, where a mapping would end the process, and
 * nothing of a tensor stays resident.
 */
public interface FloatSource extends AutoCloseable {
  /**
   * Fills the rest of a buffer with elements, each converted to binary32.
   *
   * @param fromElement index of the first
   * @throws ModelFormatException when the file has shrunk, or a number is none
   */
  void read(long fromElement, FloatBuffer target);

  /** Feeds the stored bytes behind a run of elements. */
  void digest(MessageDigest digest, long fromElement, long elements);

  /** How the numbers are stored, such as {@code BF16}: part of fingerprints. */
  String format();

  @Override
  void close();
}
