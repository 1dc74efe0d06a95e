package org.potstill.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.Callable;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.opencv.global.opencv_core;
import org.potstill.errors.PotstillException;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;
import org.potstill.pipeline.Environment;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NativeCache;
import org.potstill.tensor.NativeMemory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Tells what this machine has, and what of it Potstill uses. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Tell what this machine has: CPU, memory, GPU, versions, kernels, folders.")
final class DoctorCommand implements Callable<Integer>, HasOutput {

  @Mixin private Output output;
  @Mixin private NativeOptions natives;

  private final Streams streams;

  DoctorCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Output output() {
    return output;
  }

  @Override
  public Integer call() {
    ObjectNode facts = JsonNodeFactory.instance.objectNode();
    boolean healthy;
    try (Logging logging = Logging.setUp(streams, output)) {
      NativeMemory.unlimit();
      Machine.describe(facts);
      versions(facts);
      healthy = natives(facts);
      if (healthy) {
        kernels(facts);
      }
    }
    print(facts);
    return healthy ? 0 : 1;
  }

  private static void versions(ObjectNode facts) {
    ObjectNode versions = facts.putObject("versions");
    Environment.versions().forEach(versions::put);
  }

  private boolean natives(ObjectNode facts) {
    ObjectNode found = facts.putObject("natives");
    try {
      natives.apply();
      found.put("folder", NativeCache.prepare().toString());
      LibTorch.load();
      found.put("libtorch", "loaded, uses " + LibTorch.cpuCapability());
      Loader.load(opencv_core.class);
      found.put("opencv", "loaded");
      return true;
    } catch (PotstillException | LinkageError e) {
      found.put("problem", Failure.of(e).message());
      return false;
    }
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
  }

  private void print(ObjectNode facts) {
    if (output.json()) {
      JsonLines.print(streams.out(), facts);
      return;
    }
    for (Map.Entry<String, JsonNode> section : facts.properties()) {
      streams.out().println(section.getKey());
      for (Map.Entry<String, JsonNode> fact : section.getValue().properties()) {
        streams.out().printf("  %-10s %s%n", fact.getKey(), fact.getValue().asText());
      }
    }
  }
}
