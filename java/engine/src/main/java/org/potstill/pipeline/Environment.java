package org.potstill.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;
import org.potstill.run.Processor;
import org.potstill.tensor.GpuRuntime;
import org.potstill.tensor.Placement;

/** What a run ran on: versions, machine, kernel provider. */
public final class Environment {

  private Environment() {}

  /** Versions of Potstill and of the libraries it is built with, by name. */
  public static Map<String, String> versions() {
    Properties properties = new Properties();
    try (InputStream in = Environment.class.getResourceAsStream("versions.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.forEach((name, version) -> versions.put((String) name, (String) version));
    return versions;
  }

  /** All that is recorded with every stage. */
  static Map<String, String> describe(Kernels kernels, int threads, Placement placement) {
    Map<String, String> all = new TreeMap<>(versions());
    all.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"));
    all.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    all.put("processor", Processor.read().name());
    all.put("kernels", kernels.name());
    CpuKernels cpu = new CpuKernels(threads);
    if (cpu.isAvailable()) {
      all.put("instruction set", cpu.level().toString());
      all.put("compiler", cpu.compiler());
      all.put("C library", cpu.cLibrary());
    }
    all.put("device", placement.name());
    if (!placement.isCpu()) {
      GpuRuntime.find().ifPresent(gpu -> gpu.versions().forEach(all::put));
    }
    all.put("threads", Integer.toString(threads));
    return all;
  }
}
