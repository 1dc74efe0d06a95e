package org.potstill.run;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures that any tool can read. */
public final class PictureFiles {

  private PictureFiles() {}

  /**
   * Writes a picture as a PNG file, whole or not at all; parent folders are made.
   *
   * @throws org.potstill.errors.RunFailedException where it cannot be written
   */
  public static void writePng(Path file, BufferedImage picture) {
    AtomicFiles.write(file, part -> Files.write(part, encoded(picture)));
  }

  /** In memory: ImageIO swallows why a file cannot be written, and prints a stack trace instead. */
  private static byte[] encoded(BufferedImage picture) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      if (!ImageIO.write(picture, "png", out)) {
        throw new IOException("this Java has no writer of PNG files");
      }
    }
    return bytes.toByteArray();
  }
}
