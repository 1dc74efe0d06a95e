package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.testing.ForkedJvm;

/** In processes of their own, since JavaCPP reads its limits once. */
class NativeMemoryTest {

  @TempDir Path folder;

  /** What the other processes run. */
  public static final class Probe {
    private Probe() {}

    /** Loads LibTorch; with an argument, after JavaCPP was used. */
    public static void main(String[] arguments) {
      if (arguments.length > 0) {
        new BytePointer(1).close();
      }
      LibTorch.load();
    }
  }

  private ForkedJvm jvm() {
    return new ForkedJvm(folder).option("-Xmx500m").option("-XX:+UseG1GC");
  }

  @Test
  void aHostThatUsedJavaCppBeforeIsTold() throws Exception {
    assertEquals(
        "WARN o.p.t.NativeMemory JavaCPP was in use before Potstill and ends runs where this"
            + " process has more than 2.1 GB; start Java with -Dorg.bytedeco.javacpp.maxBytes=0"
            + " -Dorg.bytedeco.javacpp.maxPhysicalBytes=0\n",
        jvm().run(Probe.class.getName(), "before").err());
  }

  @Test
  void whoeverSetALimitOrNoneIsToldNothing() throws Exception {
    assertEquals("", jvm().run(Probe.class.getName()).err());
    ForkedJvm limited = jvm().option("-Dorg.bytedeco.javacpp.maxPhysicalBytes=9g");
    assertEquals("", limited.run(Probe.class.getName(), "before").err());
  }
}
