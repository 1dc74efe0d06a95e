package org.potstill.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.potstill.run.ByteSizes;
import org.potstill.run.FreeMemory;
import org.potstill.run.Processor;
import org.potstill.tensor.Placement;
import org.potstill.tensor.TotalMemory;

/** Facts of the machine that need no native library. */
final class Machine {

  private static final Path NVIDIA_DRIVER = Path.of("/proc/driver/nvidia/version");
  private static final List<String> FEATURES =
      List.of("avx", "fma", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512_bf16", "amx_bf16");

  private Machine() {}

  /** Adds the sections {@code cpu}, {@code memory}, {@code java} and {@code gpu}. */
  static void describe(ObjectNode facts) {
    cpu(facts.putObject("cpu"));
    memory(facts.putObject("memory"));
    java(facts.putObject("java"));
    gpu(facts.putObject("gpu"));
  }

  private static void cpu(ObjectNode cpu) {
    Processor processor = Processor.read();
    cpu.put("model", processor.name());
    cpu.put("cores", Runtime.getRuntime().availableProcessors());
    Set<String> features = processor.features();
    List<String> known = FEATURES.stream().filter(features::contains).toList();
    cpu.put("features", known.isEmpty() ? "none of AVX" : String.join(" ", known));
  }

  private static void memory(ObjectNode memory) {
    memory.put("machine", ByteSizes.text(TotalMemory.bytes(Placement.CPU)));
    memory.put("free", ByteSizes.text(FreeMemory.bytes()));
    memory.put("java heap", ByteSizes.text(Runtime.getRuntime().maxMemory()) + " at most");
  }

  private static void java(ObjectNode java) {
    java.put("version", System.getProperty("java.runtime.version"));
    java.put("machine", System.getProperty("java.vm.name"));
    java.put("home", System.getProperty("java.home"));
    java.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
  }

  private static void gpu(ObjectNode gpu) {
    try {
      List<String> driver = Files.readAllLines(NVIDIA_DRIVER);
      gpu.put("driver", driver.isEmpty() ? "not known" : driver.get(0));
      try (Stream<Path> devices = Files.list(Path.of("/dev"))) {
        long count = devices.filter(device -> device.toString().matches("/dev/nvidia\\d+")).count();
        gpu.put("devices", count);
      }
    } catch (IOException e) {
      gpu.put(
          "driver", "none: " + NVIDIA_DRIVER + " does not exist, so no NVIDIA driver is loaded");
      gpu.put("devices", 0);
    }
  }
}
