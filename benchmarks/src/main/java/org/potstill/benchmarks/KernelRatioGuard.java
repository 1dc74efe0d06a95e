package org.potstill.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.LibTorch;

/**
 * Times the kernels and LibTorch in turns on the same data in one process and fails where the ratio
 * of their times is below the target. A ratio of neighbours in time holds on a busy machine, where
 * an absolute time does not.
 */
public final class KernelRatioGuard {

  private static final int ROUNDS = 31;
  private static final double ROUND_SECONDS = 0.02;
  private static final double WARM_UP_SECONDS = 0.5;

  /**
   * Median times of one operation.
   *
   * @param name the operation with its sizes
   * @param oursMillis of one call of the kernels
   * @param libtorchMillis of one call of LibTorch
   * @param ratio median over rounds of LibTorch's time over ours
   * @param target the least ratio
   * @param bandwidth bytes that the kernel must move, per second
   * @param copyBandwidth bytes per second of a plain copy of as many bytes
   */
  public record Result(
      String name,
      double oursMillis,
      double libtorchMillis,
      double ratio,
      double target,
      double bandwidth,
      double copyBandwidth) {

    /** Whether the target is reached. */
    public boolean reached() {
      return ratio >= target;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-52s ours %8.3f ms  LibTorch %8.3f ms  ratio %5.2f (target %.1f)  %5.1f GB/s of %5.1f  %s",
          name,
          oursMillis,
          libtorchMillis,
          ratio,
          target,
          bandwidth / 1e9,
          copyBandwidth / 1e9,
          reached() ? "ok" : "BELOW TARGET");
    }
  }

  private KernelRatioGuard() {}

  /**
   * Prints one line per operation; exit status 1 where a target is missed.
   *
   * @param args names to look for in the operations; none for all
   */
  public static void main(String[] args) {
    boolean reached = true;
    for (Supplier<KernelCase> operation : operations()) {
      KernelCase current = operation.get();
      if (args.length == 0 || Arrays.stream(args).anyMatch(current.name()::contains)) {
        Result result = measure(current);
        System.out.println(result);
        reached &= result.reached();
      }
    }
    System.exit(reached ? 0 : 1);
  }

  /** Every operation; the data is built when asked for. */
  public static List<Supplier<KernelCase>> operations() {
    LibTorch.load();
    return List.of(
        ScoreCase::new,
        SelectCase::new,
        FeatureMeanCase::new,
        QuantiseCase::new,
        UpFirDnCase::larger,
        UpFirDnCase::smaller,
        () -> FilteredLeakyReluCase.sameSize(false),
        () -> FilteredLeakyReluCase.sameSize(true),
        () -> FilteredLeakyReluCase.larger(false),
        () -> FilteredLeakyReluCase.larger(true),
        GradientMatchCase::new,
        () -> new TrajectoryCase(616_000),
        () -> new TrajectoryCase(11_000_000));
  }

  /** Checks the result, then times both ways. */
  static Result measure(KernelCase operation) {
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(KernelCase.THREADS)) {
      Kernels kernels = EngineKernels.byName("cpu", KernelCase.THREADS);
      operation.check(kernels);
      Runnable ours = () -> operation.ours(kernels);
      int ourCalls = callsPerRound(ours);
      int theirCalls = callsPerRound(operation::libtorch);
      double[] ourTimes = new double[ROUNDS];
      double[] theirTimes = new double[ROUNDS];
      double[] ratios = new double[ROUNDS];
      for (int r = 0; r < ROUNDS; r++) {
        ourTimes[r] = secondsPerCall(ours, ourCalls);
        theirTimes[r] = secondsPerCall(operation::libtorch, theirCalls);
        ratios[r] = theirTimes[r] / ourTimes[r];
      }
      double seconds = median(ourTimes);
      return new Result(
          operation.name(),
          1e3 * seconds,
          1e3 * median(theirTimes),
          median(ratios),
          operation.target(),
          operation.bytes() / seconds,
          CopyBandwidth.bytesPerSecond(operation.bytes() / 8));
    }
  }

  /** Warms up and returns how many calls fill a round. */
  private static int callsPerRound(Runnable computation) {
    long begin = System.nanoTime();
    int calls = 0;
    double seconds = 0;
    while (seconds < WARM_UP_SECONDS) {
      computation.run();
      calls++;
      seconds = (System.nanoTime() - begin) * 1e-9;
    }
    return Math.max(1, (int) (calls * ROUND_SECONDS / seconds));
  }

  private static double secondsPerCall(Runnable computation, int calls) {
    long begin = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      computation.run();
    }
    return (System.nanoTime() - begin) * 1e-9 / calls;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
