package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the CUDA provider says and does where there is no GPU, as this build packs it. */
class CudaUnavailableTest {

  private final Kernels kernels = new CudaKernels(CudaQueue.ofDevice(0));

  @BeforeEach
  void onlyWithoutAGpu() {
    assumeFalse(kernels.isAvailable(), "a GPU works here");
  }

  @Test
  void causeNamesWhatIsMissing() {
    String cause = kernels.unavailabilityCause();
    boolean packed = CudaKernels.class.getResource("linux-x86_64/libpotstill_cuda.so") != null;
    assertEquals(!packed, cause.startsWith("this build holds no CUDA kernels"), cause);
    assertFalse(cause.contains("insufficient"), cause);
    assertFalse(cause.contains("\n"), cause);
  }

  @Test
  void operationsAreRefusedWithTheCause() {
    long[] none = {};
    Exception error =
        assertThrows(
            KernelUnavailableException.class,
            () -> kernels.trajectory(none, List.of(), List.of(), List.of(), null));
    assertTrue(error.getMessage().contains(kernels.unavailabilityCause()), error.getMessage());
    assertThrows(
        KernelUnavailableException.class, () -> KernelProviders.onGpu(CudaQueue.ofDevice(0)));
    error = assertThrows(KernelUnavailableException.class, () -> KernelProviders.byName("cuda", 1));
    assertTrue(error.getMessage().contains(kernels.unavailabilityCause()), error.getMessage());
  }
}
