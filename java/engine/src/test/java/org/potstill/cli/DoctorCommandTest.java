package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.potstill.kernels.CpuKernels;
import org.potstill.pipeline.Environment;
import org.potstill.tensor.Devices;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.ForkedJvm;

class DoctorCommandTest extends CommandLineTests {

  private JsonNode facts() throws IOException {
    assertEquals(0, potstill("doctor", "--json"), err);
    return new ObjectMapper().readTree(out);
  }

  @Test
  void whatIsUsedIsSaid() throws IOException {
    JsonNode facts = facts();
    JsonNode natives = facts.get("natives");
    assertEquals("loaded, uses " + LibTorch.cpuCapability(), natives.path("libtorch").asText());
    assertEquals("loaded, decodes", natives.path("opencv").asText());
    boolean oneDnn = LibTorch.usesOneDnn();
    assertEquals(
        oneDnn ? "used" : "left out: wrong on this processor", natives.path("onednn").asText());
    assertTrue(Files.isDirectory(Path.of(natives.path("folder").asText())), out);
    CpuKernels cpu = new CpuKernels(1);
    assertEquals(
        cpu.isAvailable()
            ? "available, uses " + cpu.level()
            : "unavailable: " + cpu.unavailabilityCause(),
        facts.at("/kernels/cpu").asText());
    assertEquals(cpu.cLibrary(), natives.path("C library").asText());
    assertEquals(cpu.compiler() + ", of the kernels", natives.path("compiler").asText());
    assertEquals("available", facts.at("/kernels/java").asText());
    assertEquals(
        (cpu.isAvailable() ? "cpu" : "java") + ", the fastest that is available",
        facts.at("/kernels/auto").asText());
    String cause = new Devices().unavailabilityCause();
    assertEquals(
        cause.isEmpty() ? "yes, by run.device: auto" : "no: " + cause,
        facts.at("/gpu/used").asText());
    Map<String, String> versions = new TreeMap<>();
    facts
        .get("versions")
        .properties()
        .forEach(e -> versions.put(e.getKey(), e.getValue().asText()));
    assertEquals(Environment.versions(), versions);
  }

  @Test
  void factsStandBelowTheirSections() throws IOException {
    JsonNode facts = facts();
    assertEquals(0, potstill("doctor"), err);
    List<String> lines = out.lines().toList();
    for (String section :
        List.of("cpu", "memory", "java", "gpu", "versions", "natives", "kernels")) {
      int at = lines.indexOf(section);
      assertTrue(at >= 0, section);
      String first = facts.get(section).fieldNames().next();
      String value = facts.get(section).get(first).asText();
      assertTrue(lines.get(at + 1).startsWith("  " + first + " "), lines.get(at + 1));
      if (!section.equals("memory")) {
        assertTrue(lines.get(at + 1).endsWith(" " + value), lines.get(at + 1));
      }
    }
    assertTrue(lines.contains("  opencv     loaded, decodes"), out);
  }

  @Test
  void whatIsKnownOfTheMachineIsToldThoughTheConfigIsWrong() throws IOException {
    Files.writeString(config, "data: {sauce: 'builtin:fashion-mnist-mini'}\n");
    assertEquals(2, potstill("doctor", config.toString()));
    assertTrue(out.startsWith("cpu\n"), out);
    assertTrue(out.contains("\nkernels\n"), out);
    assertTrue(err.contains("data.sauce"), err);
  }

  @Test
  void nativeLibrariesThatCannotBeLoadedAreAProblemAndAStatus() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");
    ForkedJvm jvm = new ForkedJvm(folder).environment("POTSTILL_NATIVE_CACHE", file.toString());
    ForkedJvm.Outcome outcome = jvm.run(Main.class.getName(), "doctor");
    assertEquals(1, outcome.status(), outcome.err());
    assertTrue(outcome.out().startsWith("cpu\n"), outcome.out());
    String problem = "natives\n  problem    the folder for native libraries " + file + " cannot be";
    assertTrue(outcome.out().contains(problem), outcome.out());
    assertFalse(outcome.out().contains("kernels\n"), outcome.out());
  }
}
