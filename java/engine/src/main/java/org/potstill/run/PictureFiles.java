package org.potstill.run;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Pictures that any tool can read. */
public final class PictureFiles {

  private PictureFiles() {}

  /**
   * Writes a picture as a PNG file, whole or not at all; parent folders are made.
   *
   * @throws org.potstill.errors.RunFailedException where it cannot be written
   */
  public static void writePng(Path file, BufferedImage picture) {
    AtomicFiles.write(
        file,
        part -> {
          if (!ImageIO.write(picture, "png", part.toFile())) {
            throw new IOException("this Java has no writer of PNG files");
          }
        });
  }
}
