package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.RunFailedException;

class PictureFilesTest {

  @TempDir Path temp;

  @Test
  void aPictureIsRead() throws IOException {
    BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    picture.setRGB(2, 1, 0x123456);
    Path file = temp.resolve("of/3.png");
    PictureFiles.writePng(file, picture);
    BufferedImage read = ImageIO.read(file.toFile());
    assertEquals(3, read.getWidth());
    assertEquals(2, read.getHeight());
    assertEquals(0xff123456, read.getRGB(2, 1));
  }

  @Test
  void whyItCannotBeWrittenIsToldAndNoStackTracePrinted() {
    // Nobody makes files there, not even root.
    Path file = Path.of("/proc/self/3.png");
    BufferedImage picture = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
    RunFailedException error;
    try {
      error = assertThrows(RunFailedException.class, () -> PictureFiles.writePng(file, picture));
    } finally {
      System.setErr(before);
    }
    assertEquals("", printed.toString(StandardCharsets.UTF_8));
    assertTrue(
        error.getMessage().endsWith("3.png.part: there is no such file; choose another place"),
        error.getMessage());
  }
}
