package org.potstill.kernels;

import java.io.File;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;

/**
 * Finds and loads the kernel library: from the folder that {@value #PATH_PROPERTY} names, else from
 * the jar; nothing is ever downloaded.
 *
 * <p>A failure is not remembered: without a system libgomp the library loads once LibTorch has
 * brought its own copy into the process.
 */
final class NativeLibrary {

  /** System property: a folder with {@code libpotstill_kernels.so} and its JNI library. */
  static final String PATH_PROPERTY = "potstill.kernels.path";

  private static boolean loaded;

  private NativeLibrary() {}

  /** Loads the library; returns why that failed in one line, or the empty string. */
  static synchronized String load() {
    if (loaded) {
      return "";
    }
    try {
      String path = System.getProperty(PATH_PROPERTY);
      if (path == null) {
        Loader.load(NativeKernels.class);
      } else {
        loadFrom(path);
      }
      return checkVersion();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | IllegalArgumentException e) {
      return explain(e);
    }
  }

  private static void loadFrom(String path) {
    File library = new File(path, System.mapLibraryName("potstill_kernels"));
    if (!library.isFile()) {
      throw new IllegalArgumentException(
          library + " does not exist (named by -D" + PATH_PROPERTY + ")");
    }
    Properties properties = Loader.loadProperties();
    properties.setProperty("platform.linkpath", path);
    Loader.load(NativeKernels.class, properties, true);
  }

  private static String checkVersion() {
    int version = NativeKernels.potstill_abi_version();
    if (version != NativeKernels.ABI_VERSION) {
      return "the kernel library has ABI version "
          + version
          + ", this jar needs "
          + NativeKernels.ABI_VERSION;
    }
    loaded = true;
    return "";
  }

  private static String explain(Throwable error) {
    // The loader's own message only says that a name was not found; why is in its cause.
    Throwable root = error;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = String.valueOf(root.getMessage());
    int end = message.indexOf('\n');
    String line = end < 0 ? message : message.substring(0, end);
    if (line.contains("libgomp")) {
      return "libgomp.so.1 is missing (" + line + "); apt-get install libgomp1";
    }
    return "the kernel library cannot be loaded: " + line;
  }
}
