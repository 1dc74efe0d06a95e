package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.potstill.errors.InputException;

class GpuTenancyTest {

  private static final Placement GPU = Placement.of("cuda:0");

  private static void assertRefused(boolean deterministic, boolean tf32, String key) {
    InputException error =
        assertThrows(
            InputException.class,
            () -> GpuTenancy.begin(Placement.of("cuda:1"), deterministic, tf32));
    assertTrue(error.getMessage().startsWith(key), error.getMessage());
  }

  @Test
  void runsThatAgreeGoOnAtOnce() {
    try (GpuTenancy one = GpuTenancy.begin(GPU, true, false);
        GpuTenancy other = GpuTenancy.begin(GPU, true, false)) {
      assertRefused(false, false, "run.deterministic");
      assertRefused(true, true, "a precision of tf32");
    }
    try (GpuTenancy after = GpuTenancy.begin(GPU, false, true)) {
      assertRefused(false, false, "a precision of tf32");
    }
  }

  /** The switches can be read without a GPU, though nothing obeys them. */
  @Test
  void singlePrecisionIsLeftByTf32() {
    LibTorch.load();
    try (Context context = torch.globalContext()) {
      context.setAllowTF32CuDNN(true);
      context.setAllowTF32CuBLAS(true);
      try (GpuTenancy cpu = GpuTenancy.begin(Placement.CPU, false, false)) {
        assertTrue(context.allowTF32CuDNN() && context.allowTF32CuBLAS());
      }
      try (GpuTenancy gpu = GpuTenancy.begin(GPU, false, false)) {
        assertFalse(context.allowTF32CuDNN() || context.allowTF32CuBLAS());
      }
    }
  }

  @Test
  void nothingIsAskedOnTheCpu() {
    try (GpuTenancy gpu = GpuTenancy.begin(GPU, true, true);
        GpuTenancy cpu = GpuTenancy.begin(Placement.CPU, false, false);
        GpuTenancy other = GpuTenancy.begin(Placement.CPU, true, true)) {
      assertRefused(true, true, "a precision of tf32");
    }
  }
}
