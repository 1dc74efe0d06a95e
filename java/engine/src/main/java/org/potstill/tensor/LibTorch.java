package org.potstill.tensor;

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

  /** Why it cannot be loaded: Java does not try again, and only says so from the second time on. */
  private static String failure;

  private LibTorch() {}

  /**
   * Loads the native libraries; a second call does nothing.
   *
   * @throws InputException where the folder into which they are unpacked cannot be used
   * @throws RunFailedException where they cannot be unpacked or loaded, or their bindings are too
   *     old
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    if (failure != null) {
      throw new RunFailedException(failure);
    }
    NativeMemory.unlimit();
    NativeRequirements.requirePlatform();
    BindingVersions.require();
    try {
      LoadLock.whileLoading(
          () -> {
            NativeCache.unpackLibTorch();
            Loader.load(openblas_nolapack.class);
            return Loader.load(torch.class);
          });
      quietNnpack();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError | ExceptionInInitializerError e) {
      RunFailedException told = LoadFailure.of("LibTorch", e);
      failure = told.getMessage();
      throw told;
    }
    NativeMemory.warnOfLimit();
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

  /**
   * The thread counts while it is open; closing it, on the thread that opened it, restores what was
   * before.
   *
   * <p>Several may be open, as by two runs of one process. OpenBLAS, which has one count for all,
   * is held to one thread until the last is closed. LibTorch has a count for every calling thread,
   * so that each run keeps the one it asked for; threads to come begin with what was set last on
   * any, and after the last is closed with what was before the first. May be used by several
   * threads.
   */
  public static final class ThreadSettings implements AutoCloseable {

    private static int open;

    /** Before the first was opened. */
    private static int torchAtFirst;

    private static int blasAtFirst;

    private final int torchBefore;
    private boolean closed;

    private ThreadSettings(int threads) {
      torchBefore = opened();
      if (threads > 0) {
        torch.set_num_threads(threads);
      }
    }

    /** LibTorch's count so far. */
    private static int opened() {
      synchronized (ThreadSettings.class) {
        int torchNow = torch.get_num_threads();
        if (open == 0) {
          torchAtFirst = torchNow;
          blasAtFirst = openblas_nolapack.blas_get_num_threads();
          setBlasThreads(1);
        }
        open++;
        return torchNow;
      }
    }

    @Override
    public void close() {
      synchronized (ThreadSettings.class) {
        if (closed) {
          return;
        }
        closed = true;
        open--;
        // A thread that began beside another run began with that run's count.
        torch.set_num_threads(open == 0 ? torchAtFirst : torchBefore);
        if (open == 0) {
          setBlasThreads(blasAtFirst);
        }
      }
    }

    private static void setBlasThreads(int threads) {
      LoadLock.whileNothingLoads(() -> openblas_nolapack.blas_set_num_threads(threads));
    }
  }
}
