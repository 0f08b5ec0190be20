package io.ennead.expert.checkpoint;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a mapping at once. Java 17 has no public way (the one in java.lang.foreign is final in 22),
 * so this asks sun.misc.Unsafe by reflection; where that is gone, the collector unmaps later.
 */
final class Unmapper {
  private static final Logger logger = LoggerFactory.getLogger(Unmapper.class);
  private static final @Nullable Cleaner CLEANER = find();

  private Unmapper() {}

  private record Cleaner(Object unsafe, Method invokeCleaner) {}

  /** The buffer must not be used afterwards, by any thread. */
  static void unmap(MappedByteBuffer buffer) {
    if (CLEANER == null) {
      return;
    }
    try {
      CLEANER.invokeCleaner().invoke(CLEANER.unsafe(), buffer);
    } catch (ReflectiveOperationException e) {
      logger.debug("mapping is left to the garbage collector", e);
    }
  }

  private static @Nullable Cleaner find() {
    try {
      Class<?> type = Class.forName("sun.misc.Unsafe");
      Field instance = type.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return new Cleaner(instance.get(null), type.getMethod("invokeCleaner", ByteBuffer.class));
    } catch (ReflectiveOperationException | RuntimeException e) {
      logger.debug("mappings are left to the garbage collector", e);
      return null;
    }
  }
}
