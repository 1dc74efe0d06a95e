package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.Devices;
import org.potstill.tensor.NamedTensors;
import org.potstill.weights.Safetensors;

class GladRenderingTest extends GladTests {

  @Test
  void renderedImagesAreBitIdentical() throws IOException {
    tiny.evaluateEvery = 2;
    Path run = run("run");
    Path out = folder.resolve("out");
    assertEquals(6, Rendering.render(run, out, null, null));
    assertSame(run, out, DistilledSet.FILE);
    assertSame(run, out, "distilled/images/dog_wolf/01.png");
    Files.copy(run.resolve(LatentsFile.historyFile(2)), out.resolve(LatentsFile.FILE));
    Rendering.render(out, out, null, null);
    assertEquals(
        -1,
        Files.mismatch(run.resolve(DistilledSet.historyFile(2)), out.resolve(DistilledSet.FILE)));
  }

  @Test
  void aPlaceThatCannotBeWrittenIsToldBeforeTheGeneratorIsRead() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Path none = folder.resolve("none");
    Path inTheWay = Files.writeString(out.resolve("distilled"), "mine");
    InputException error =
        assertThrows(InputException.class, () -> Rendering.render(none, out, null, null));
    assertEquals(
        "cannot write " + out.resolve(DistilledSet.FILE) + ": " + inTheWay + " is not a folder",
        error.getMessage());
    Files.delete(inTheWay);
    Files.createDirectory(inTheWay);
    Files.writeString(out.resolve("distilled/images"), "mine");
    error = assertThrows(InputException.class, () -> Rendering.render(none, out, null, null));
    assertTrue(error.getMessage().endsWith("distilled/images is not a folder"), error.getMessage());
  }

  @Test
  void aRunThatIsBeingWorkedOnIsReadButNotWritten() throws IOException {
    Path run = run("run");
    Path images = run.resolve(DistilledSet.FILE);
    Files.delete(images);
    try (RunDirectory working = RunDirectory.open(run, Existing.RESUME)) {
      InputException error =
          assertThrows(InputException.class, () -> Rendering.render(run, run, null, null));
      assertEquals(
          "another run is working in " + run + "; wait for it or choose another --out",
          error.getMessage());
      assertFalse(Files.exists(images));
      Rendering.render(run, folder.resolve("out"), null, null);
    }
    Rendering.render(run, run, null, null);
    assertSame(folder.resolve("out"), run, DistilledSet.FILE);
    RunDirectory.open(run, Existing.RESUME).close();
    assertFalse(Files.exists(folder.resolve("out/.lock")), "no run directory");
  }

  @Test
  void imagesOfAGpuAreMadeOnTheCpuWhereThereIsNone() throws IOException {
    assumeFalse(new Devices().unavailabilityCause().isEmpty(), "there is a GPU");
    Path run = run("run");
    Path file = run.resolve(LatentsFile.FILE);
    Safetensors written = Safetensors.open(file);
    assertEquals("cpu", written.metadata().get("device"));
    assertEquals("false", written.metadata().get("deterministic"));
    Path other = Files.createDirectory(folder.resolve("gpu"));
    Map<String, String> metadata = new HashMap<>(written.metadata());
    metadata.put("device", "cuda");
    metadata.put("deterministic", "true");
    metadata.put("prior.kernels", "cuda");
    try (NamedTensors all = written.readAll()) {
      Safetensors.write(other.resolve(LatentsFile.FILE), all, metadata);
    }
    assertEquals(6, Rendering.render(other, other, null, null));
    assertSame(run, other, "distilled/images/dog_wolf/01.png");
    assertEquals(6, Rendering.render(other, other, null, "auto"));
    InputException none =
        assertThrows(InputException.class, () -> Rendering.render(other, other, null, "cuda:1"));
    assertTrue(none.getMessage().startsWith("--device: cuda:1 cannot be used"), none.getMessage());
  }

  @Test
  void changedLatentsAreRefusedByName() throws IOException {
    Path run = run("run");
    assertNotRendered(run, "prior.layer", "-1", "does not tell how the images are made");
    assertNotRendered(run, "prior.chunk", "0", "does not tell how the images are made");
    assertNotRendered(run, "class_keys", "[\"a\"]", "label 1 is of no class");
    Path nan = folder.resolve("nan");
    try (NamedTensors all = Safetensors.open(run.resolve(LatentsFile.FILE)).readAll()) {
      all.get("variables/w").fill_(new Scalar(Double.NaN));
      assertNotRendered(run, nan, Map.of(), all, "'w' holds NaN or infinity");
    }
  }

  private void assertNotRendered(Path run, String key, String value, String part)
      throws IOException {
    try (NamedTensors all = Safetensors.open(run.resolve(LatentsFile.FILE)).readAll()) {
      assertNotRendered(run, folder.resolve(key), Map.of(key, value), all, part);
    }
  }

  private static void assertNotRendered(
      Path run, Path other, Map<String, String> changes, NamedTensors all, String part)
      throws IOException {
    Path file = Files.createDirectory(other).resolve(LatentsFile.FILE);
    Map<String, String> metadata =
        new HashMap<>(Safetensors.open(run.resolve(LatentsFile.FILE)).metadata());
    metadata.putAll(changes);
    Safetensors.write(file, all, metadata);
    InputException error =
        assertThrows(InputException.class, () -> Rendering.render(other, other, null, null));
    assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
    assertTrue(error.getMessage().contains(part), error.getMessage());
    assertFalse(Files.exists(other.resolve("distilled")), "nothing is left");
  }

  @Test
  void renderOfARunInPixelsIsRefused() {
    tiny.prior = null;
    tiny.learningRate = 1;
    Path run = run("pixels");
    InputException error =
        assertThrows(InputException.class, () -> Rendering.render(run, folder, null, null));
    assertTrue(error.getMessage().contains("has no latents.safetensors"), error.getMessage());
  }
}
