package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorTest {

  private static final String ONE =
      """
      processor\t: 0
      vendor_id\t: AuthenticAMD
      cpu family\t: 26
      model\t\t: 2
      model name\t: AMD EPYC
      stepping\t: 1
      flags\t\t: fpu avx avx2 fpu
      bugs\t\t:

      """;

  @TempDir Path folder;

  private Processor of(String text) throws Exception {
    return Processor.read(Files.writeString(folder.resolve("cpuinfo"), text));
  }

  @Test
  void theFirstOneIsNamed() throws Exception {
    Processor processor = of(ONE + ONE.replace("model\t\t: 2", "model\t\t: 3"));
    assertEquals("AMD EPYC (family 26, model 2)", processor.name());
    assertEquals(Set.of("fpu", "avx", "avx2"), processor.features());
  }

  @Test
  void whatLinuxDoesNotSayIsNotKnown() throws Exception {
    assertEquals("not known", of("").name());
    assertEquals("not known", Processor.read(folder.resolve("none")).name());
    assertEquals("Neoverse", of("model name: Neoverse\n").name());
    assertEquals(Set.of(), of("processor: 0\n").features());
  }

  @Test
  void thisMachineHasOne() {
    assertNotEquals("not known", Processor.read().name());
  }
}
