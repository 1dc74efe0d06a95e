package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;

/** LibTorch and the kernels must not bring an OpenMP runtime each. */
class OpenMpRuntimeTest {

  /** Uses both libraries on several threads and prints the OpenMP runtimes of the process. */
  public static final class Probe {
    private Probe() {}

    public static void main(String[] args) throws IOException {
      Kernels kernels = EngineKernels.byName("cpu", 2);
      long size = 1 << 20;
      try (Tensor ones = torch.ones(new long[] {size}, Tensors.float32());
          Tensor sum = ones.exp().sum()) {
        List<FloatPointer> list = List.of(ones.data_ptr_float());
        double nothing =
            kernels.trajectory(
                new long[] {size}, list, list, List.of(new FloatPointer(size)), null);
        System.out.println("used: " + sum.item_float() + " " + nothing);
      }
      Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.matches(".*/lib(gomp|omp|iomp5)[^/]*"))
          .map(line -> line.substring(line.indexOf('/')))
          .distinct()
          .forEach(file -> System.out.println("runtime: " + file));
    }
  }

  @Test
  void theProcessHoldsOneRuntime() throws Exception {
    List<String> output = probe();
    assertTrue(output.stream().anyMatch(line -> line.startsWith("used: ")), output::toString);
    assertEquals(
        1, output.stream().filter(line -> line.startsWith("runtime: ")).count(), output::toString);
  }

  @Test
  void unknownProviderIsAnInputError() {
    assertThrows(InputException.class, () -> EngineKernels.byName("gpu", 1));
  }

  private static List<String> probe() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Probe.class.getName())
            .redirectErrorStream(true)
            .start();
    List<String> output;
    try (var reader = process.inputReader()) {
      output = reader.lines().toList();
    }
    assertEquals(0, process.waitFor(), output::toString);
    return output;
  }
}
