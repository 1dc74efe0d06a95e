package org.potstill.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageDecoder;
import org.potstill.errors.PotstillException;
import org.potstill.experts.ExpertNeeds;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.CudaKernels;
import org.potstill.kernels.CudaQueue;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;
import org.potstill.pipeline.Environment;
import org.potstill.run.CancellationToken;
import org.potstill.run.HostRequirements;
import org.potstill.tensor.Devices;
import org.potstill.tensor.GpuRuntime;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NativeCache;
import org.potstill.tensor.NativeMemory;

/** Finds out what this machine has, and what of it Potstill uses. */
final class Doctor {

  private Doctor() {}

  /**
   * Prints what it finds; returns whether the native libraries work.
   *
   * @param file of a configuration whose needs are estimated; may be null
   */
  static boolean examine(Streams streams, Output output, NativeOptions natives, Path file) {
    HostRequirements.require();
    NativeMemory.unlimit();
    ObjectNode facts = JsonNodeFactory.instance.objectNode();
    Machine.describe(facts);
    versions(facts);
    boolean healthy = natives(facts, natives);
    if (healthy) {
      kernels(facts);
      gpu((ObjectNode) facts.get("gpu"));
    }
    try {
      if (file != null) {
        needs(facts.putObject("needs"), ConfigLoader.load(file, List.of()), streams, output);
      }
    } finally {
      // What is known of the machine, also where the configuration is wrong.
      print(facts, streams, output);
    }
    return healthy;
  }

  private static void needs(ObjectNode found, Config config, Streams streams, Output output) {
    try (Dataset data = Progress.open(config, streams, output, new CancellationToken())) {
      Estimate estimate = Estimate.of(config, data);
      ExpertNeeds experts = config.experts() == null ? null : ExpertNeeds.of(config, data);
      if (experts != null) {
        estimate = estimate.withExperts(experts);
      }
      found.put("run", estimate.words());
      found.put("on a GPU", estimate.onGpuWords());
      if (experts != null) {
        found.put("experts", experts.words());
      }
    }
  }

  private static void versions(ObjectNode facts) {
    ObjectNode versions = facts.putObject("versions");
    Environment.versions().forEach(versions::put);
  }

  private static boolean natives(ObjectNode facts, NativeOptions natives) {
    ObjectNode found = facts.putObject("natives");
    try {
      natives.apply();
      found.put("folder", NativeCache.prepare().toString());
      LibTorch.load();
      found.put("libtorch", "loaded, uses " + LibTorch.cpuCapability());
      found.put("onednn", LibTorch.usesOneDnn() ? "used" : "left out: wrong on this processor");
      ImageDecoder.decode("probe", onePixel(), 1);
      found.put("opencv", "loaded, decodes");
      CpuKernels kernels = new CpuKernels(1);
      if (kernels.isAvailable()) {
        found.put("compiler", kernels.compiler() + ", of the kernels");
        found.put("C library", kernels.cLibrary());
      }
      return true;
    } catch (PotstillException | LinkageError | BadImageException | IOException e) {
      found.put("problem", Failure.of(e).message());
      return false;
    }
  }

  /** A bitmap, since OpenCV decodes those. */
  private static byte[] onePixel() throws IOException {
    ByteArrayOutputStream bmp = new ByteArrayOutputStream();
    // As for the report, without a file in the folder of temporary files.
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bmp)) {
      ImageIO.write(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "bmp", out);
    }
    return bmp.toByteArray();
  }

  private static void kernels(ObjectNode facts) {
    ObjectNode found = facts.putObject("kernels");
    String chosen = null;
    for (Kernels kernels : KernelProviders.all(Runtime.getRuntime().availableProcessors())) {
      String state = "unavailable: " + kernels.unavailabilityCause();
      if (kernels.isAvailable()) {
        state = "available" + (kernels instanceof CpuKernels cpu ? ", uses " + cpu.level() : "");
        chosen = chosen == null ? kernels.name() : chosen;
      }
      found.put(kernels.name(), state);
    }
    found.put("auto", chosen + ", the fastest that is available");
    int devices = GpuRuntime.find().map(GpuRuntime::devices).orElse(0);
    cudaKernels(devices, device -> new CudaKernels(CudaQueue.ofDevice(device))).forEach(found::put);
  }

  /**
   * Whether the kernels of every device can be used, by what they are called.
   *
   * @param devices how many there are; where there is none, why is told of the first
   * @param onDevice the kernels of a device
   */
  static Map<String, String> cudaKernels(int devices, IntFunction<Kernels> onDevice) {
    Map<String, String> found = new LinkedHashMap<>();
    for (int device = 0; device < Math.max(1, devices); device++) {
      Kernels cuda = onDevice.apply(device);
      found.put(
          devices > 1 ? cuda.name() + ":" + device : cuda.name(),
          cuda.isAvailable()
              ? "available, for tensors on a GPU"
              : "unavailable: " + cuda.unavailabilityCause());
    }
    return found;
  }

  private static void gpu(ObjectNode found) {
    String cause = new Devices().unavailabilityCause();
    found.put("used", cause.isEmpty() ? "yes, by run.device: auto" : "no: " + cause);
    GpuRuntime.find()
        .ifPresent(
            runtime -> {
              runtime.versions().forEach(found::put);
              for (int device = 0; device < runtime.devices(); device++) {
                String problem = runtime.unavailabilityCause(device);
                found.put(
                    "cuda:" + device,
                    problem.isEmpty()
                        ? String.join(", ", runtime.properties(device).values())
                        : "cannot be used: " + problem);
              }
            });
  }

  private static void print(ObjectNode facts, Streams streams, Output output) {
    if (output.json()) {
      JsonLines.print(streams.out(), facts);
      return;
    }
    for (Map.Entry<String, JsonNode> section : facts.properties()) {
      streams.out().println(section.getKey());
      for (Map.Entry<String, JsonNode> fact : section.getValue().properties()) {
        streams.out().printf(Locale.ROOT, "  %-10s %s%n", fact.getKey(), fact.getValue().asText());
      }
    }
  }
}
