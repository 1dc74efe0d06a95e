package org.potstill.tensor;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Has LibTorch give the same bits on a GPU from run to run, until it is closed: algorithms that add
 * in a fixed order alone, an error where an operator has none, and convolutions that are not chosen
 * by timing them. On the CPU results are the same bits anyway, and nothing changes.
 *
 * <p>Of the process: the first that is opened sets it and the last that is closed brings back what
 * was before. May be used by several threads.
 */
public final class Determinism implements AutoCloseable {

  /** Two workspaces, which cuBLAS needs for the same bits; one that the user set stays. */
  private static final String WORKSPACE = "CUBLAS_WORKSPACE_CONFIG";

  private static final String WORKSPACES = ":4096:8";

  private static int open;
  private static Switches before;

  private final boolean counted;
  private boolean closed;

  /** LibTorch's. */
  private record Switches(
      boolean algorithms, boolean warnOnly, boolean convolutions, boolean timing, boolean fill) {

    /** Nothing here reads memory that was not written, so it need not be filled. */
    static final Switches SAME_BITS = new Switches(true, false, true, false, false);

    static Switches now() {
      try (Context context = torch.globalContext()) {
        return new Switches(
            context.deterministicAlgorithms(),
            context.deterministicAlgorithmsWarnOnly(),
            context.deterministicCuDNN(),
            context.benchmarkCuDNN(),
            context.deterministicFillUninitializedMemory());
      }
    }

    void set() {
      try (Context context = torch.globalContext()) {
        context.setDeterministicAlgorithms(algorithms, warnOnly);
        context.setDeterministicCuDNN(convolutions);
        context.setBenchmarkCuDNN(timing);
        context.setDeterministicFillUninitializedMemory(fill);
      }
    }
  }

  private Determinism(boolean counted) {
    this.counted = counted;
    if (counted) {
      opened();
    }
  }

  private static synchronized void opened() {
    if (open == 0) {
      before = Switches.now();
      Switches.SAME_BITS.set();
    }
    open++;
  }

  /**
   * Lets same bits be asked for later: LibTorch looks at the setting of cuBLAS once, at its first
   * product of matrices, asked for or not.
   */
  static void prepare() {
    torch.set_env(WORKSPACE, WORKSPACES, false);
  }

  /**
   * Same bits where they are wanted.
   *
   * @param place where the run computes
   */
  public static Determinism of(boolean wanted, Placement place) {
    LibTorch.load();
    boolean counted = wanted && !place.isCpu();
    if (counted) {
      prepare();
    }
    return new Determinism(counted);
  }

  /**
   * Stands for what a checkpoint must not be taken up by: another kind of device, and on a GPU the
   * other wish. Empty on the CPU.
   */
  public static String identity(boolean wanted, Placement place) {
    return place.isCpu() ? "" : place.kind() + (wanted ? ", deterministic" : "");
  }

  /**
   * Whether an operation on {@code tensor} must do without operators that LibTorch refuses then:
   * those that add into one place from many threads.
   */
  public static boolean isWanted(Tensor tensor) {
    if (tensor.is_cpu()) {
      return false;
    }
    try (Context context = torch.globalContext()) {
      return context.deterministicAlgorithms();
    }
  }

  /** Brings back what was before, where no other is open. */
  @Override
  public void close() {
    synchronized (Determinism.class) {
      if (counted && !closed) {
        closed = true;
        open--;
        if (open == 0) {
          before.set();
        }
      }
    }
  }
}
