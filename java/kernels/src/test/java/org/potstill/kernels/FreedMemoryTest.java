package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

class FreedMemoryTest {

  @Test
  void whoSaysWhatMallocDoesIsLeftAlone() {
    assertTrue(FreedMemory.isLeftToUs(Map.of("HOME", "/")));
    assertTrue(FreedMemory.isLeftToUs(Map.of("GLIBC_TUNABLES", "glibc.cpu.x86_ibt=on")));
    assertFalse(FreedMemory.isLeftToUs(Map.of("MALLOC_TOP_PAD_", "0")));
    assertFalse(FreedMemory.isLeftToUs(Map.of("GLIBC_TUNABLES", "glibc.malloc.top_pad=0")));
  }

  @Test
  void keepsAndGivesBack() {
    boolean kept = FreedMemory.keep();
    assertEquals(FreedMemory.isLeftToUs(System.getenv()), kept);
    FreedMemory.giveBack();
    assertEquals(kept, FreedMemory.keep());
  }
}
