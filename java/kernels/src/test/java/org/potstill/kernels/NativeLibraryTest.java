package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading in a fresh process, since a library is loaded once. */
class NativeLibraryTest {

  /** Prints the cause of unavailability and which kernel libraries the process has mapped. */
  public static final class Probe {
    private Probe() {}

    public static void main(String[] args) throws IOException {
      System.out.println("cause: " + new CpuKernels(1).unavailabilityCause());
      Files.readAllLines(Path.of("/proc/self/maps")).stream()
          .filter(line -> line.contains("libpotstill_kernels.so"))
          .map(line -> line.substring(line.indexOf('/')))
          .distinct()
          .forEach(file -> System.out.println("mapped: " + file));
    }
  }

  @Test
  void comesFromTheJar() throws Exception {
    List<String> output = probe();
    assertEquals("cause: ", output.get(0));
    assertEquals(2, output.size(), output::toString);
  }

  @Test
  void explicitPathComesFirst(@TempDir Path folder) throws Exception {
    Path built =
        Path.of(CpuKernels.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    File[] libraries = built.resolve("org/potstill/kernels/linux-x86_64").toFile().listFiles();
    for (File library : libraries) {
      Files.copy(library.toPath(), folder.resolve(library.getName()));
    }
    List<String> output = probe("-D" + NativeLibrary.PATH_PROPERTY + "=" + folder);
    assertEquals(
        List.of("cause: ", "mapped: " + folder.resolve("libpotstill_kernels.so").toRealPath()),
        output);
  }

  @Test
  void wrongPathIsNamedInTheCause(@TempDir Path folder) throws Exception {
    List<String> output = probe("-D" + NativeLibrary.PATH_PROPERTY + "=" + folder);
    assertEquals(1, output.size(), output::toString);
    assertTrue(output.get(0).contains(folder + "/libpotstill_kernels.so"), output::toString);
  }

  @Test
  void instructionSetThatCannotBeHadIsNamedInTheCause() throws Exception {
    List<String> output = probe(Map.of("POTSTILL_CPU", "avx1024"));
    assertTrue(output.get(0).startsWith("cause: POTSTILL_CPU=avx1024 is not"), output::toString);
    assertEquals("cause: ", probe(Map.of("POTSTILL_CPU", "generic")).get(0));
  }

  private static List<String> probe(String... options) throws Exception {
    return probe(Map.of(), options);
  }

  private static List<String> probe(Map<String, String> environment, String... options)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    List<String> output = new ArrayList<>();
    try (var reader = process.inputReader()) {
      reader.lines().filter(l -> l.matches("(cause|mapped): .*|cause: ")).forEach(output::add);
    }
    assertEquals(0, process.waitFor(), output::toString);
    return output;
  }
}
