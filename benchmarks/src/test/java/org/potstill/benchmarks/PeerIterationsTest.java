package org.potstill.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.kernels.JavaKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.weights.Safetensors;

class PeerIterationsTest {

  private static final String[] TINY = {
    "channels=1",
    "size=8",
    "depth=1",
    "width=4",
    "per-class=1",
    "real=2",
    "outer=2",
    "inner=1",
    "steps=2",
    "image-rate=1"
  };

  @TempDir Path folder;

  private static PeerSettings settings(String method) {
    String[] all = Arrays.copyOf(TINY, TINY.length + 1);
    all[TINY.length] = "method=" + method;
    return PeerSettings.parse(all);
  }

  private static PeerIterations iterations(String method) {
    LibTorch.load();
    return new PeerIterations(settings(method), new JavaKernels());
  }

  @ParameterizedTest
  @ValueSource(strings = {"dm", "dc", "mtt-unrolled", "mtt-constant-memory"})
  void iterationsAreRepeatableAndMoveTheImages(String method) {
    try (PeerIterations first = iterations(method);
        PeerIterations second = iterations(method)) {
      float[] before = first.images();
      for (int iteration = 0; iteration < 2; iteration++) {
        double loss = first.iterate(iteration);
        assertTrue(loss > 0 && Double.isFinite(loss), "loss " + loss);
        assertEquals(loss, second.iterate(iteration));
      }
      assertArrayEquals(first.images(), second.images());
      assertFalse(Arrays.equals(before, first.images()));
    }
  }

  @Test
  void inputsHoldImagesAndNetworks() throws IOException {
    Path file = folder.resolve("inputs.safetensors");
    try (PeerIterations iterations = iterations("dc")) {
      iterations.writeInputs(file);
    }
    Set<String> names = Safetensors.open(file).names();
    assertTrue(names.contains("real") && names.contains("images"), names::toString);
    for (String network : new String[] {"start/", "target/"}) {
      assertTrue(names.contains(network + "classifier.weight"), names::toString);
    }
  }

  @Test
  void settingsThatAreMissingOrUnknownAreNamed() {
    IllegalArgumentException missing =
        assertThrows(
            IllegalArgumentException.class, () -> PeerSettings.parse(new String[] {"method=dc"}));
    assertTrue(missing.getMessage().startsWith("channels is missing"), missing.getMessage());
    IllegalArgumentException unknown =
        assertThrows(IllegalArgumentException.class, () -> iterations("kip"));
    assertEquals("no method kip", unknown.getMessage());
  }
}
