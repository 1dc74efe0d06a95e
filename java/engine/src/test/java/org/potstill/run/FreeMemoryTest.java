package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeMemoryTest {

  private static final long MEGABYTE = 1L << 20;

  @TempDir Path temp;

  @Test
  void pagesThatHoldFilesCountAsFree() throws IOException {
    Path machine = temp.resolve("meminfo");
    Files.writeString(machine, "MemTotal:  8192 kB\nMemFree:  1024 kB\nMemAvailable:    5120 kB\n");
    Path group = temp.resolve("memory.stat");
    Path none = temp.resolve("none");
    long whole = 8 * MEGABYTE;
    assertEquals(5 * MEGABYTE, FreeMemory.of(whole, MEGABYTE, machine, none));
    assertEquals(MEGABYTE, FreeMemory.of(whole, MEGABYTE, none, none));
    // A container of half the size.
    assertEquals(MEGABYTE, FreeMemory.of(whole / 2, MEGABYTE, machine, group));
    Files.writeString(group, "anon 12\ninactive_file 2097152\n");
    assertEquals(3 * MEGABYTE, FreeMemory.of(whole / 2, MEGABYTE, machine, group));
    Files.writeString(group, "inactive_file 8388608\n");
    assertEquals(5 * MEGABYTE, FreeMemory.of(whole / 2, MEGABYTE, machine, group));
  }

  @Test
  void thisMachineHasSome() {
    assertTrue(FreeMemory.bytes() > MEGABYTE, FreeMemory.bytes() + " bytes");
  }
}
