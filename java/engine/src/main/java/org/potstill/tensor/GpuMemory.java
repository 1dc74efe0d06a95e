package org.potstill.tensor;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potstill.errors.PotstillException;
import org.potstill.errors.RunFailedException;

/** What is done where the memory of a GPU is full. */
public final class GpuMemory {

  /** LibTorch's allocator says so after it has given back all that it kept. */
  private static final String OF_ALLOCATOR = "CUDA out of memory";

  /**
   * What LibTorch's allocator says, and then those that take memory beside it, for a handle, a
   * context or the code of a kernel: CUDA, as LibTorch and our kernels tell it, cuBLAS and cuDNN.
   */
  private static final Pattern CERTAIN =
      Pattern.compile(
          OF_ALLOCATOR
              + "|: out of memory|CUBLAS_STATUS_ALLOC_FAILED"
              + "|CUDNN_STATUS_ALLOC_FAILED|DEVICE_ALLOCATION_FAILED");

  /**
   * What else is said then, and now and then for another reason: of a handle that cannot be made,
   * and of a convolution for which LibTorch tried one way of cuDNN after the other and keeps to
   * itself that each ended for want of memory.
   */
  private static final Pattern LIKELY =
      Pattern.compile(
          "CUBLAS_STATUS_NOT_INITIALIZED|CUDNN_STATUS_NOT_INITIALIZED"
              + "|unable to find an engine to execute|Not enough memory for workspace");

  private static final Pattern WANTED = Pattern.compile("Tried to allocate ([0-9.]+ \\w+)");
  private static final Pattern FREE = Pattern.compile("of which ([0-9.]+ \\w+) is free");

  private GpuMemory() {}

  /**
   * Does {@code work}, and says where the memory of the GPU is full which stage wanted how much.
   *
   * @param advice what to do then, for example {@link #lower}
   * @throws RunFailedException where it is
   */
  public static void explain(String stage, String advice, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      throw isFull(e) ? failure(stage, advice, e) : e;
    }
  }

  /** The advice to lower what {@code keys} of the configuration say. */
  public static String lower(String keys) {
    return "lower " + keys + ", or compute on the CPU (run.device: cpu)";
  }

  /**
   * Whether an error, which is none of Potstill's own, says that the memory of a GPU is full, or is
   * one that follows from it most often.
   */
  public static boolean isFull(Throwable error) {
    return isCertainlyFull(error) || says(error, LIKELY);
  }

  /** Whether such an error says so itself. */
  public static boolean isCertainlyFull(Throwable error) {
    return says(error, CERTAIN);
  }

  private static boolean says(Throwable error, Pattern pattern) {
    return error.getMessage() != null
        && !(error instanceof PotstillException)
        && pattern.matcher(error.getMessage()).find();
  }

  /** That the memory is full, as certain as an error for which {@link #isFull} holds makes it. */
  static String words(Throwable error) {
    return isCertainlyFull(error)
        ? "the memory of the GPU is full"
        : "the memory of the GPU seems to be full";
  }

  /**
   * Whether memory was wanted beside LibTorch's allocator: what that keeps of freed tensors may
   * then be what was missing.
   *
   * @param error for which {@link #isFull} holds
   */
  static boolean isBesideAllocator(Throwable error) {
    return !error.getMessage().contains(OF_ALLOCATOR);
  }

  /** Gives back what LibTorch keeps of freed tensors; nothing where there is no GPU. */
  static void emptyCache() {
    GpuRuntime.find().ifPresent(GpuRuntime::emptyCache);
  }

  static RunFailedException failure(String stage, String advice, RuntimeException error) {
    return new RunFailedException(
        stage + ": " + words(error) + ": " + sizes(error.getMessage()) + "; " + advice, error);
  }

  /** The size wanted and the size free; where the error does not tell them its first line. */
  private static String sizes(String message) {
    Matcher wanted = WANTED.matcher(message);
    Matcher free = FREE.matcher(message);
    return wanted.find() && free.find()
        ? wanted.group(1) + " wanted, " + free.group(1) + " free"
        : message.lines().findFirst().orElseThrow();
  }
}
