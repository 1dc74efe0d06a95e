package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.Version;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.RunFailedException;
import org.potstill.testing.ForkedJvm;

class HostRequirementsTest {

  @TempDir Path folder;

  /** What the other processes run. */
  public static final class Probe {
    private Probe() {}

    /** Prints what is missing. */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) {
      try {
        HostRequirements.require();
        System.out.println("all there");
      } catch (RunFailedException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private String on(String modules) throws Exception {
    ForkedJvm jvm = new ForkedJvm(folder).option("--limit-modules").option(modules);
    return jvm.run(Probe.class.getName()).out().strip();
  }

  @Test
  void modulesThatAreMissingAreNamed() throws Exception {
    String advice = "; one that jlink makes needs --add-modules java.desktop,jdk.management";
    assertEquals(
        "this Java was made without the module java.desktop and the module jdk.management" + advice,
        on("java.base"));
    assertEquals(
        "this Java was made without the module jdk.management" + advice, on("java.desktop"));
    assertEquals("all there", on("java.desktop,jdk.management"));
  }

  @Test
  void aJavaWithoutPicturesIsToldOfHeadless() {
    HostRequirements.requirePictures(
        () -> new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB).flush());
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () ->
                HostRequirements.requirePictures(
                    () -> {
                      throw new UnsatisfiedLinkError("Can't load library: libawt_xawt.so");
                    }));
    assertEquals(
        "this Java cannot work with pictures (Can't load library: libawt_xawt.so); where it is a"
            + " headless one and the variable DISPLAY is set, start it with"
            + " -Djava.awt.headless=true",
        error.getMessage());
  }

  @Test
  void anOldJacksonIsNamed() {
    HostRequirements.requireJackson(new Version(2, 15, 0, null, null, null));
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () -> HostRequirements.requireJackson(new Version(2, 13, 5, null, null, null)));
    assertEquals(
        "the class path has Jackson 2.13.5, and Potstill needs 2.15 or a later 2; a parent or a BOM"
            + " of the build may hold it back",
        error.getMessage());
  }

  @Test
  void anOldCommonsIoIsNamed() {
    HostRequirements.requireCsv(CsvFiles::probe);
    RunFailedException error =
        assertThrows(
            RunFailedException.class,
            () ->
                HostRequirements.requireCsv(
                    () -> {
                      throw new NoClassDefFoundError("org/apache/commons/io/function/IOStream");
                    }));
    assertEquals(
        "Commons CSV does not fit what else is on the class path"
            + " (org/apache/commons/io/function/IOStream), and Potstill needs Commons CSV 1.14 and"
            + " Commons IO 2.17 or later; a parent, a BOM or another dependency of the build may"
            + " hold them back",
        error.getMessage());
  }
}
