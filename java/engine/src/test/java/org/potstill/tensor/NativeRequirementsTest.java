package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.data.ImageDecoder;
import org.potstill.testing.ForkedJvm;

class NativeRequirementsTest {

  @TempDir Path folder;

  /** What other processes run. */
  public static final class Probe {
    private Probe() {}

    /** Prints why LibTorch, or the decoder of bitmaps, cannot be used. */
    @SuppressWarnings("SystemOut")
    public static void main(String[] arguments) throws Exception {
      try {
        if (arguments.length == 0) {
          LibTorch.load();
        } else {
          ImageDecoder.decode("image", Files.readAllBytes(Path.of(arguments[0])), 1);
        }
      } catch (RuntimeException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private String on(String platform, String... arguments) throws Exception {
    return new ForkedJvm(folder)
        .option("-Dorg.bytedeco.javacpp.platform=" + platform)
        .option("-D" + NativeCache.PROPERTY + "=" + folder.resolve("cache"))
        .run(Probe.class.getName(), arguments)
        .out();
  }

  @Test
  void anotherPlatformIsNamedBeforeAnythingIsUnpacked() throws Exception {
    assertEquals(
        "Potstill's native libraries are for linux-x86_64, and this Java runs on macosx-arm64\n",
        on("macosx-arm64"));
    assertFalse(Files.exists(folder.resolve("cache")));
  }

  @Test
  void anImageThatNeedsOpenCvSaysThatItCannotBeLoaded() throws Exception {
    Path image = folder.resolve("pixel.bmp");
    ImageIO.write(new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB), "bmp", image.toFile());
    String told = on("macosx-arm64", image.toString());
    assertTrue(told.startsWith("OpenCV cannot be loaded: "), told);
  }

  @Test
  void artifactsWithoutTheirNativeLibrariesAreNamed() throws Exception {
    ClassLoader tests = getClass().getClassLoader();
    assertEquals("", NativeRequirements.missing(tests));
    Files.createDirectories(folder.resolve("org/bytedeco/pytorch/linux-x86_64-gpu"));
    Files.createFile(folder.resolve("org/bytedeco/pytorch/linux-x86_64-gpu/libjnitorch.so"));
    URL[] packed = {folder.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(packed, null)) {
      assertEquals(
          "org.bytedeco:openblas, org.bytedeco:opencv", NativeRequirements.missing(loader));
    }
  }
}
