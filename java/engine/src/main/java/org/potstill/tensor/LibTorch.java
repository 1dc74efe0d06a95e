package org.potstill.tensor;

import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * Loads LibTorch once and holds what is global to the process: JavaCPP's memory limits and the
 * thread counts.
 */
public final class LibTorch {

  private static volatile boolean loaded;

  private LibTorch() {}

  /**
   * Loads the native libraries; a second call does nothing.
   *
   * @throws InputException where the folder into which they are unpacked cannot be used
   * @throws RunFailedException where they cannot be unpacked or loaded
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    NativeMemory.unlimit();
    Path cache = NativeCache.prepare();
    try {
      Loader.load(openblas_nolapack.class);
      Loader.load(torch.class);
      quietNnpack();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new RunFailedException(
          "LibTorch cannot be loaded: "
              + firstLine(e)
              + " (its libraries are unpacked into "
              + cache
              + "; is that disk full? --native-cache DIR or -D"
              + NativeCache.PROPERTY
              + "=DIR chooses another folder)",
          e);
    }
    OneDnn.leaveOutIfWrong();
    loaded = true;
  }

  /**
   * Convolutions do without NNPACK. Where it does not know the CPU, LibTorch asks it again at every
   * convolution of a single image and writes a line to standard error each time.
   */
  private static void quietNnpack() {
    try (Context context = torch.globalContext()) {
      context.setUserEnabledNNPACK(false);
    }
  }

  /** Instruction set that LibTorch uses on this CPU, for example {@code AVX2}. */
  public static String cpuCapability() {
    load();
    try (BytePointer capability = torch.get_cpu_capability()) {
      return capability.getString();
    }
  }

  /**
   * Whether oneDNN computes the convolutions: not where they turned out wrong on this processor.
   */
  public static boolean usesOneDnn() {
    load();
    return OneDnn.isUsed();
  }

  /** The message of an error of LibTorch without the C++ stack frames that follow it. */
  public static String firstLine(Throwable error) {
    String message = String.valueOf(error.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }

  /**
   * Sets LibTorch's threads, holding OpenBLAS to one, until the result is closed.
   *
   * <p>Two thread pools that compete make convolutions several times slower, so OpenBLAS runs on
   * the thread that calls it.
   *
   * @param threads at least 1; 0 keeps LibTorch's own choice
   */
  public static ThreadSettings withThreads(int threads) {
    load();
    return new ThreadSettings(threads);
  }

  /** The thread counts of the process while it is open; closing it restores what was before. */
  public static final class ThreadSettings implements AutoCloseable {

    private final int torchBefore = torch.get_num_threads();
    private final int blasBefore = openblas_nolapack.blas_get_num_threads();

    private ThreadSettings(int threads) {
      if (threads > 0) {
        torch.set_num_threads(threads);
      }
      openblas_nolapack.blas_set_num_threads(1);
    }

    @Override
    public void close() {
      torch.set_num_threads(torchBefore);
      openblas_nolapack.blas_set_num_threads(blasBefore);
    }
  }
}
