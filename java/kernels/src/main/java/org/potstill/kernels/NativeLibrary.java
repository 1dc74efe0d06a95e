package org.potstill.kernels;

import java.io.File;
import java.net.URL;
import java.util.Properties;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.Loader;

/**
 * Finds and loads a kernel library: from the folder that a system property names, else from the
 * jar; nothing is ever downloaded.
 *
 * <p>A failure is not remembered: without a system libgomp the library for the CPU loads once
 * LibTorch has brought its own copy into the process.
 */
final class NativeLibrary {

  /** System property: a folder with {@code libpotstill_kernels.so}. */
  static final String PATH_PROPERTY = "potstill.kernels.path";

  /** System property: a folder with {@code libpotstill_cuda.so}. */
  static final String CUDA_PATH_PROPERTY = "potstill.cuda.path";

  /** The kernels for the CPU. */
  static final NativeLibrary CPU =
      new NativeLibrary(
          "potstill_kernels",
          PATH_PROPERTY,
          NativeKernels.class,
          NativeKernels.ABI_VERSION,
          NativeKernels::potstill_abi_version,
          "");

  /** The kernels for GPUs, which a build without nvcc lacks. */
  static final NativeLibrary CUDA =
      new NativeLibrary(
          "potstill_cuda",
          CUDA_PATH_PROPERTY,
          CudaNative.class,
          CudaNative.ABI_VERSION,
          CudaNative::potstill_cuda_abi_version,
          "this build holds no CUDA kernels (it was built without nvcc, or with POTSTILL_CUDA=OFF)");

  private final String name;
  private final String pathProperty;
  private final Class<?> binding;
  private final int abiVersion;
  private final IntSupplier foundVersion;
  private final String absence;
  private boolean loaded;

  /**
   * A library that is not loaded yet.
   *
   * @param absence what to say where the jar lacks it; empty where every jar has it
   */
  private NativeLibrary(
      String name,
      String pathProperty,
      Class<?> binding,
      int abiVersion,
      IntSupplier foundVersion,
      String absence) {
    this.name = name;
    this.pathProperty = pathProperty;
    this.binding = binding;
    this.abiVersion = abiVersion;
    this.foundVersion = foundVersion;
    this.absence = absence;
  }

  /** Loads the library; returns why that failed in one line, or the empty string. */
  synchronized String load() {
    if (loaded) {
      return "";
    }
    try {
      UnpackedCopy.refresh(packed("jni" + binding.getSimpleName()));
      UnpackedCopy.refresh(packed(name));
      String path = System.getProperty(pathProperty);
      if (path != null) {
        loadFrom(path);
      } else if (!absence.isEmpty() && !isPacked()) {
        return absence;
      } else {
        Loader.load(binding);
      }
      return checkVersion();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | IllegalArgumentException e) {
      return explain(e);
    }
  }

  private boolean isPacked() {
    return packed(name) != null;
  }

  /** A library in the jar; null where it is not there. */
  private URL packed(String library) {
    return binding.getResource(Loader.getPlatform() + "/" + System.mapLibraryName(library));
  }

  private void loadFrom(String path) {
    File library = new File(path, System.mapLibraryName(name));
    if (!library.isFile()) {
      throw new IllegalArgumentException(
          library + " does not exist (named by -D" + pathProperty + ")");
    }
    Properties properties = Loader.loadProperties();
    properties.setProperty("platform.linkpath", path);
    Loader.load(binding, properties, true);
  }

  private String checkVersion() {
    int version = foundVersion.getAsInt();
    if (version != abiVersion) {
      return "the kernel library "
          + name
          + " has ABI version "
          + version
          + ", this jar needs "
          + abiVersion;
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
