package org.potstill.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.kernels.JavaKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class PeerIterationsTest {

  private static final String[] TINY = {
    "network=convnet",
    "channels=1",
    "size=8",
    "depth=1",
    "width=4",
    "per-class=1",
    "real=2",
    "outer=2",
    "inner=1",
    "steps=2",
    "rate=1"
  };

  private static PeerSettings settings(String method) {
    String[] all = Arrays.copyOf(TINY, TINY.length + 1);
    all[TINY.length] = "method=" + method;
    return PeerSettings.parse(all);
  }

  private static PeerSettings trainingOf(String network) {
    String[] all = Arrays.copyOf(TINY, TINY.length + 2);
    all[TINY.length] = "method=train";
    all[TINY.length + 1] = "network=" + network;
    return PeerSettings.parse(all);
  }

  private static PeerIterations iterations(String method) {
    LibTorch.load();
    return PeerIterations.of(settings(method), new JavaKernels());
  }

  /** The first of what is moved: the images, or the filters of the first layer. */
  private static float[] moved(PeerIterations iterations) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(iterations.moved().values().get(0).detach());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dm", "dc", "mtt-unrolled", "mtt-constant-memory", "train"})
  void iterationsAreRepeatableAndMoveImagesOrParameters(String method) {
    try (PeerIterations first = iterations(method);
        PeerIterations second = iterations(method)) {
      float[] before = moved(first);
      for (int iteration = 0; iteration < 2; iteration++) {
        double loss = first.iterate(iteration);
        assertTrue(loss > 0 && Double.isFinite(loss), "loss " + loss);
        assertEquals(loss, second.iterate(iteration));
      }
      assertArrayEquals(moved(first), moved(second));
      assertFalse(Arrays.equals(before, moved(first)));
    }
  }

  @Test
  void inputsHoldImagesAndNetworks() {
    try (PeerIterations iterations = iterations("dc")) {
      Set<String> names = iterations.inputs().names();
      assertTrue(names.contains("real") && names.contains("images"), names::toString);
      for (String network : new String[] {"start/", "target/"}) {
        assertTrue(names.contains(network + "classifier.weight"), names::toString);
      }
    }
  }

  @Test
  void anyNetworkIsTrained() {
    LibTorch.load();
    try (PeerIterations iterations = PeerIterations.of(trainingOf("vit"), new JavaKernels())) {
      assertTrue(iterations.inputs().names().contains("start/cls_token"));
      assertTrue(Double.isFinite(iterations.iterate(0)));
    }
  }

  @Test
  void inputsOfATrainingStayAsTheyWere() {
    try (PeerIterations iterations = iterations("train")) {
      float[] before = moved(iterations);
      iterations.iterate(0);
      String first = iterations.moved().names().iterator().next();
      assertArrayEquals(before, Tensors.toFloats(iterations.inputs().get("start/" + first)));
    }
  }

  @Test
  void settingsThatAreMissingOrUnknownAreNamed() {
    IllegalArgumentException missing =
        assertThrows(
            IllegalArgumentException.class,
            () -> PeerSettings.parse(new String[] {"method=dc", "network=convnet"}));
    assertTrue(missing.getMessage().startsWith("channels is missing"), missing.getMessage());
    IllegalArgumentException unknown =
        assertThrows(IllegalArgumentException.class, () -> iterations("kip"));
    assertEquals("no method kip", unknown.getMessage());
  }
}
