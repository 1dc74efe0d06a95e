package org.potstill.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.potstill.errors.InputException;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;

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
   * Prints one line per operation; exit status 1 where a target is missed, 2 where the kernels
   * cannot run here or no operation has a name that is asked for.
   *
   * @param args {@code --cuda} for the kernels on a GPU, and names to look for in the operations;
   *     none for all
   */
  public static void main(String[] args) {
    List<String> names = new ArrayList<>(List.of(args));
    boolean gpu = names.remove("--cuda");
    int status;
    try (Provider ours = Provider.of(gpu ? Provider.CUDA : Provider.CPU)) {
      status = print(names, ours) ? 0 : 1;
    } catch (InputException e) {
      System.err.println(e.getMessage());
      status = 2;
    }
    System.exit(status);
  }

  /**
   * Returns whether all targets were reached.
   *
   * @throws InputException where a name is that of no operation here
   */
  static boolean print(List<String> names, Provider ours) {
    List<KernelCase> cases =
        operations().stream()
            .map(operation -> operation.apply(ours.place()))
            .filter(current -> ours.place().isCpu() || current.runsOnGpu())
            .toList();
    for (String name : names) {
      if (cases.stream().noneMatch(current -> current.name().contains(name))) {
        throw new InputException(
            "no operation has '"
                + name
                + "' in its name; there are:\n  "
                + cases.stream().map(KernelCase::name).collect(Collectors.joining("\n  ")));
      }
    }
    boolean reached = true;
    for (KernelCase current : cases) {
      if (names.isEmpty() || names.stream().anyMatch(current.name()::contains)) {
        Result result = measure(current, ours);
        System.out.println(result);
        reached &= result.reached();
      }
    }
    return reached;
  }

  /** Every operation; the data is built when asked for. */
  public static List<Function<Placement, KernelCase>> operations() {
    LibTorch.load();
    return List.of(
        ScoreCase::new,
        SelectCase::new,
        FeatureMeanCase::new,
        QuantiseCase::new,
        UpFirDnCase::larger,
        UpFirDnCase::smaller,
        place -> FilteredLeakyReluCase.sameSize(place, false),
        place -> FilteredLeakyReluCase.sameSize(place, true),
        place -> FilteredLeakyReluCase.larger(place, false),
        place -> FilteredLeakyReluCase.larger(place, true),
        place -> new ConvolutionCase(place, 16, 3, false),
        place -> new ConvolutionCase(place, 16, 3, true),
        place -> new ConvolutionCase(place, 14, 3, false),
        place -> new ConvolutionCase(place, 14, 3, true),
        place -> new ConvolutionCase(place, 2, 3, false),
        place -> new ConvolutionCase(place, 2, 3, true),
        place -> new ConvolutionCase(place, 16, 5, false),
        place -> new ConvolutionCase(place, 16, 5, true),
        place -> new ImageGradientCase(place, 3),
        place -> new ImageGradientCase(place, 1),
        place -> new NormReluPoolCase(place, 32, 0),
        place -> new NormReluPoolCase(place, 32, 1),
        place -> new NormReluPoolCase(place, 32, 2),
        place -> new NormReluPoolCase(place, 8, 0),
        place -> new NormReluPoolCase(place, 8, 1),
        place -> new NormReluPoolCase(place, 8, 2),
        GradientMatchCase::new,
        place -> new TrajectoryCase(place, 616_000),
        place -> new TrajectoryCase(place, 11_000_000),
        place -> new SgdCase(place, 616_000),
        place -> new SgdCase(place, 11_000_000));
  }

  /** Checks the result, then times both ways. */
  static Result measure(KernelCase operation, Provider provider) {
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(KernelCase.THREADS)) {
      Runnable ours = provider.computation(operation);
      int ourCalls = callsPerRound(ours, provider);
      int theirCalls = callsPerRound(operation::libtorch, provider);
      double[] ourTimes = new double[ROUNDS];
      double[] theirTimes = new double[ROUNDS];
      double[] ratios = new double[ROUNDS];
      for (int r = 0; r < ROUNDS; r++) {
        ourTimes[r] = secondsPerCall(ours, ourCalls, provider);
        theirTimes[r] = secondsPerCall(operation::libtorch, theirCalls, provider);
        ratios[r] = theirTimes[r] / ourTimes[r];
      }
      double seconds = median(ourTimes);
      return new Result(
          operation.name(),
          1e3 * seconds,
          1e3 * median(theirTimes),
          median(ratios),
          provider.place().isCpu() ? operation.target() : operation.targetOnGpu(),
          operation.bytes() / seconds,
          CopyBandwidth.bytesPerSecond(operation.bytes() / 8, provider));
    }
  }

  /** Warms up and returns how many calls fill a round. */
  private static int callsPerRound(Runnable computation, Provider provider) {
    long begin = System.nanoTime();
    int calls = 0;
    double seconds = 0;
    while (seconds < WARM_UP_SECONDS) {
      computation.run();
      provider.await();
      calls++;
      seconds = (System.nanoTime() - begin) * 1e-9;
    }
    return Math.max(1, (int) (calls * ROUND_SECONDS / seconds));
  }

  private static double secondsPerCall(Runnable computation, int calls, Provider provider) {
    long begin = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      computation.run();
    }
    provider.await();
    return (System.nanoTime() - begin) * 1e-9 / calls;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
