package org.potstill.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.weights.Safetensors;

/**
 * This engine's side of {@code peers/compare.py}: does what the lines of standard input ask for and
 * answers with one line each.
 *
 * <pre>
 * inputs FILE   writes the inputs, answers with facts for the table
 * iterate N     answers "LOSS WALL-SECONDS CPU-SECONDS"
 * moved FILE    writes what the iterations move, images or parameters, as it stands
 * </pre>
 */
public final class PeerMain {

  private static final int THREADS = 1;

  private PeerMain() {}

  /**
   * Serves one setting until the input ends.
   *
   * @param args {@code name=value}, see {@link PeerSettings}
   */
  public static void main(String[] args) throws IOException {
    PeerSettings settings = PeerSettings.parse(args);
    LibTorch.load();
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(THREADS)) {
      Kernels kernels = EngineKernels.byName("auto", THREADS);
      try (PeerIterations iterations = PeerIterations.of(settings, kernels)) {
        serve(iterations, kernels.name());
      }
    }
  }

  private static void serve(PeerIterations iterations, String kernels) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      int space = line.indexOf(' ');
      String argument = line.substring(space + 1);
      System.out.println(answer(iterations, kernels, line.substring(0, space), argument));
      System.out.flush();
    }
  }

  private static String answer(
      PeerIterations iterations, String kernels, String wish, String argument) throws IOException {
    switch (wish) {
      case "inputs" -> {
        Safetensors.write(Path.of(argument), iterations.inputs(), Map.of());
        return facts(kernels);
      }
      case "moved" -> {
        Safetensors.write(Path.of(argument), iterations.moved(), Map.of());
        return "written";
      }
      case "iterate" -> {
        return timed(iterations, Long.parseLong(argument));
      }
      default -> throw new IllegalArgumentException("unknown: " + wish);
    }
  }

  private static String facts(String kernels) {
    return String.format(
        Locale.ROOT,
        "Potstill, %s, oneDNN %s, kernels %s, Java %s",
        LibTorch.cpuCapability(),
        LibTorch.usesOneDnn() ? "on" : "off",
        kernels,
        System.getProperty("java.version"));
  }

  private static String timed(PeerIterations iterations, long number) {
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long cpu = process.getProcessCpuTime();
    long wall = System.nanoTime();
    double loss = iterations.iterate(number);
    return String.format(
        Locale.ROOT,
        "%.9g %.6f %.6f",
        loss,
        (System.nanoTime() - wall) / 1e9,
        (process.getProcessCpuTime() - cpu) / 1e9);
  }
}
