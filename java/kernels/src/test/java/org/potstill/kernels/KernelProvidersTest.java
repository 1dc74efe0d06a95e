package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class KernelProvidersTest {

  @Test
  void autoTakesTheFirstAvailable() {
    Kernels expected =
        KernelProviders.all(2).stream().filter(Kernels::isAvailable).findFirst().orElseThrow();
    assertEquals(expected.name(), KernelProviders.byName("auto", 2).name());
  }

  @Test
  void theLibraryBuiltHereIsAvailable() {
    assertEquals("cpu", KernelProviders.byName("cpu", 2).name());
    assertEquals("java", KernelProviders.byName("java", 2).name());
  }

  @Test
  void unavailableProviderAskedForByNameIsAnError() {
    for (Kernels kernels : KernelProviders.all(1)) {
      assertEquals(kernels.isAvailable(), kernels.unavailabilityCause().isEmpty());
      if (!kernels.isAvailable()) {
        Exception error =
            assertThrows(
                KernelUnavailableException.class, () -> KernelProviders.byName(kernels.name(), 1));
        assertTrue(error.getMessage().contains(kernels.unavailabilityCause()));
      }
    }
  }

  @Test
  void unknownNameIsAnErrorThatListsTheNames() {
    Exception error =
        assertThrows(KernelUnavailableException.class, () -> KernelProviders.byName("gpu", 1));
    assertTrue(error.getMessage().contains("auto, cuda, cpu, java"), error.getMessage());
    assertFalse(error.getMessage().isBlank());
  }

  @Test
  void threadsBelowOneAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new CpuKernels(0));
    CpuKernels kernels = new CpuKernels(1);
    assertThrows(IllegalArgumentException.class, () -> kernels.withThreads(0));
  }
}
