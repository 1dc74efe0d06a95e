package org.potstill.prior;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.potstill.kernels.CudaQueue;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.EngineKernels;
import org.potstill.testing.ForkedJvm;

/** Every provider of kernels for host memory; each must meet the fixtures' tolerances. */
public final class HostProviders {

  private static final String CUDA_PATH = "potstill.cuda.path";
  private static final String CALLED = "calls of the CUDA kernels: ";

  private static final AtomicLong CUDA_CALLS = new AtomicLong();

  private HostProviders() {}

  /**
   * The plain Java one, and the native one on two threads; in a process of {@link #runOnCuda} the
   * CUDA kernels, executed on the host.
   */
  public static List<Kernels> all() {
    return System.getProperty(CUDA_PATH) == null
        ? Stream.of("java", "cpu").map(name -> EngineKernels.byName(name, 2)).toList()
        : List.of(cuda());
  }

  /** The host's memory stands in for the device's. */
  private static Kernels cuda() {
    Kernels kernels = KernelProviders.onGpu(CudaQueue.ofDevice(0));
    return (Kernels)
        Proxy.newProxyInstance(
            Kernels.class.getClassLoader(),
            new Class<?>[] {Kernels.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("onDevice")) {
                return false;
              }
              try {
                CUDA_CALLS.incrementAndGet();
                return method.invoke(kernels, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** To be the last of a program of {@link #runOnCuda}: says how often the kernels were called. */
  public static void reportCalls() {
    System.out.println(CALLED + CUDA_CALLS.get());
  }

  /**
   * Runs the main method of {@code program} in a process of its own where {@link #all} is the CUDA
   * kernels alone: a process loads their library once, and here it may be the one for GPUs.
   *
   * @param temp for its output
   */
  public static void runOnCuda(Class<?> program, Path temp) throws Exception {
    Path folder =
        Path.of(System.getProperty("potstill.root"), "java/kernels/target/cuda-kernels-host/host");
    assumeTrue(
        Files.exists(folder.resolve("libpotstill_cuda.so")),
        () -> "the host execution of the CUDA kernels was not built into " + folder);
    ForkedJvm.Outcome outcome =
        new ForkedJvm(temp)
            .option("-Xmx512m")
            .option("-D" + CUDA_PATH + "=" + folder)
            .option("-Dpotstill.fixtures=" + System.getProperty("potstill.fixtures"))
            .run(program.getName());
    assertEquals(0, outcome.status(), outcome.err());
    String out = outcome.out();
    assertTrue(out.contains(CALLED) && !out.contains(CALLED + "0"), out);
  }
}
