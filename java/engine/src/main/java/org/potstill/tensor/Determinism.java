package org.potstill.tensor;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Has LibTorch give the same bits on a GPU from run to run, until it is closed: algorithms that add
 * in a fixed order alone, an error where an operator has none, and convolutions that are not chosen
 * by timing them. On the CPU results are the same bits anyway, and nothing changes.
 *
 * <p>Of the process; to be opened before the first work on the GPU, since cuBLAS reads its setting
 * then.
 */
public final class Determinism implements AutoCloseable {

  /** Two workspaces, which cuBLAS needs for the same bits; one that the user set stays. */
  private static final String WORKSPACE = "CUBLAS_WORKSPACE_CONFIG";

  private static final String WORKSPACES = ":4096:8";

  private final boolean changed;
  private final boolean algorithmsBefore;
  private final boolean warnOnlyBefore;
  private final boolean convolutionsBefore;
  private final boolean timingBefore;
  private final boolean fillBefore;

  private Determinism(boolean changed) {
    this.changed = changed;
    try (Context context = torch.globalContext()) {
      algorithmsBefore = context.deterministicAlgorithms();
      warnOnlyBefore = context.deterministicAlgorithmsWarnOnly();
      convolutionsBefore = context.deterministicCuDNN();
      timingBefore = context.benchmarkCuDNN();
      fillBefore = context.deterministicFillUninitializedMemory();
    }
    if (changed) {
      torch.set_env(WORKSPACE, WORKSPACES, false);
      // Nothing here reads memory that was not written, so it need not be filled.
      set(true, false, true, false, false);
    }
  }

  /**
   * Same bits where they are wanted.
   *
   * @param place where the run computes
   */
  public static Determinism of(boolean wanted, Placement place) {
    LibTorch.load();
    return new Determinism(wanted && !place.isCpu());
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

  private static void set(
      boolean algorithms, boolean warnOnly, boolean convolutions, boolean timing, boolean fill) {
    try (Context context = torch.globalContext()) {
      context.setDeterministicAlgorithms(algorithms, warnOnly);
      context.setDeterministicCuDNN(convolutions);
      context.setBenchmarkCuDNN(timing);
      context.setDeterministicFillUninitializedMemory(fill);
    }
  }

  /** Brings back what was before, but for the workspaces of cuBLAS. */
  @Override
  public void close() {
    if (changed) {
      set(algorithmsBefore, warnOnlyBefore, convolutionsBefore, timingBefore, fillBefore);
    }
  }
}
