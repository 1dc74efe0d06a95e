package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.JavaKernels;
import org.potstill.run.Processor;
import org.potstill.tensor.Placement;

class EnvironmentTest {

  /** Also of a run with kernels in Java: the rest of its arithmetic is native. */
  @Test
  void whatDecidesTheLastBitsIsRecorded() {
    CpuKernels cpu = new CpuKernels(2);
    Map<String, String> found = Environment.describe(new JavaKernels(), 2, Placement.CPU);
    assertEquals("java", found.get("kernels"));
    assertEquals("cpu", found.get("device"));
    assertEquals("2", found.get("threads"));
    assertEquals(Processor.read().name(), found.get("processor"));
    assertEquals(cpu.level().toString(), found.get("instruction set"));
    assertTrue(found.get("compiler").matches("(GCC|Clang) \\d+\\..*"), found.get("compiler"));
    assertTrue(found.get("C library").matches("glibc \\d\\.\\d+"), found.get("C library"));
    assertTrue(found.keySet().containsAll(Environment.versions().keySet()));
  }
}
