package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The switches can be read without a GPU; the device {@code meta} stands in for one. */
class DeterminismTest {

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static String switches() {
    try (Context context = torch.globalContext()) {
      return context.deterministicAlgorithms()
          + " "
          + context.deterministicAlgorithmsWarnOnly()
          + " "
          + context.deterministicCuDNN()
          + " "
          + context.benchmarkCuDNN();
    }
  }

  @Test
  void switchesOfAGpuAreSetAndBroughtBack() {
    String before = switches();
    try (PointerScope scope = new PointerScope()) {
      Tensor host = Tensors.of(new float[] {1}, 1);
      Tensor device = Placement.of("meta").place(host);
      assertFalse(Determinism.isWanted(device));
      try (Determinism same = Determinism.of(true, Placement.of("cuda:0"))) {
        assertEquals("true false true false", switches());
        assertTrue(torch.has_env("CUBLAS_WORKSPACE_CONFIG"));
        assertTrue(Determinism.isWanted(device));
        assertFalse(Determinism.isWanted(host));
      }
      assertFalse(Determinism.isWanted(device));
    }
    assertEquals(before, switches());
  }

  @Test
  void lastThatIsClosedBringsBackWhatWasBefore() {
    String before = switches();
    Placement gpu = Placement.of("cuda:0");
    Determinism first = Determinism.of(true, gpu);
    try (Determinism second = Determinism.of(true, gpu)) {
      first.close();
      first.close();
      assertEquals("true false true false", switches());
    }
    assertEquals(before, switches());
  }

  @Test
  void identityIsOfTheKindOfDeviceAndOnAGpuOfTheWish() {
    assertEquals("", Determinism.identity(true, Placement.CPU));
    assertEquals("cuda", Determinism.identity(false, Placement.of("cuda:1")));
    assertEquals("cuda, deterministic", Determinism.identity(true, Placement.of("cuda:0")));
  }

  @Test
  void nothingChangesOnTheCpuOrUnasked() {
    String before = switches();
    try (Determinism cpu = Determinism.of(true, Placement.CPU);
        Determinism unasked = Determinism.of(false, Placement.of("cuda:0"))) {
      assertEquals(before, switches());
    }
  }
}
