package org.potstill.tensor;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder that holds the native libraries and cannot be written to, as in an image of a container.
 */
final class ReadOnlyCache {

  private static final Logger LOG = LoggerFactory.getLogger(ReadOnlyCache.class);

  private ReadOnlyCache() {}

  /**
   * Has JavaCPP take {@code folder}. It passes over folders that it cannot write to, though it
   * writes nothing where all is there, and has no option against that.
   *
   * @return whether it does; not on the module path, where its fields are out of reach
   */
  static boolean use(Path folder) {
    try {
      Field chosen = Loader.class.getDeclaredField("cacheDir");
      chosen.setAccessible(true);
      chosen.set(null, folder.toRealPath().toFile());
      return true;
    } catch (ReflectiveOperationException | InaccessibleObjectException | IOException e) {
      LOG.debug("JavaCPP does not take {}", folder, e);
      return false;
    }
  }
}
