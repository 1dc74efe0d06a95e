package org.potstill.pipeline;

import java.nio.file.Path;
import org.potstill.data.ImageDecoder;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.KernelProviders;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.NativeCache;

/** All native libraries that a run may need: LibTorch, the kernels and the decoders of images. */
public final class NativeLibraries {

  private NativeLibraries() {}

  /**
   * Loads them, and unpacks those that are not unpacked yet.
   *
   * @return the folder into which they are unpacked
   * @throws InputException where that folder cannot be used
   * @throws RunFailedException where they cannot be loaded
   */
  public static Path load() {
    EngineKernels.byName(KernelProviders.AUTO, 1);
    ImageDecoder.load();
    return NativeCache.prepare();
  }
}
