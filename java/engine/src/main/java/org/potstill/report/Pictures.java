package org.potstill.report;

import java.awt.geom.AffineTransform;
import java.awt.image.AffineTransformOp;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Pictures written into the page, as long as their budget of bytes lasts. */
final class Pictures {

  /** Side length up to which a picture keeps its every pixel, as PNG; above it, JPEG is used. */
  private static final int LOSSLESS_SIDE = 64;

  private final int longestSide;
  private long bytesLeft;

  /**
   * Pictures of one part of the page.
   *
   * @param longestSide larger pictures are made smaller, to this many pixels
   * @param byteBudget of the part, as written in the page
   */
  Pictures(int longestSide, long byteBudget) {
    this.longestSide = longestSide;
    this.bytesLeft = byteBudget;
  }

  /** Whether there is room for a further picture. */
  boolean hasRoom() {
    return bytesLeft > 0;
  }

  /** A picture file as an image of the page, or null where it cannot be read. */
  Picture of(Path file, String alt) {
    try {
      BufferedImage image = ImageIO.read(file.toFile());
      return image == null ? null : of(image, alt);
    } catch (IOException e) {
      return null;
    }
  }

  /** An image of the page. */
  Picture of(BufferedImage image, String alt) {
    BufferedImage shown = reduced(image);
    boolean small = Math.max(shown.getWidth(), shown.getHeight()) <= LOSSLESS_SIDE;
    String data = encoded(shown, small ? "png" : "jpg");
    String source = "data:image/" + (small ? "png" : "jpeg") + ";base64," + data;
    bytesLeft -= source.length();
    return new Picture(source, alt, shown.getWidth(), shown.getHeight(), small);
  }

  private BufferedImage reduced(BufferedImage image) {
    double scale = (double) longestSide / Math.max(image.getWidth(), image.getHeight());
    int width = scale < 1 ? Math.max(1, (int) (image.getWidth() * scale)) : image.getWidth();
    int height = scale < 1 ? Math.max(1, (int) (image.getHeight() * scale)) : image.getHeight();
    BufferedImage plain = plain(image);
    if (scale >= 1) {
      return plain;
    }
    AffineTransform smaller =
        AffineTransform.getScaleInstance(
            (double) width / image.getWidth(), (double) height / image.getHeight());
    return new AffineTransformOp(smaller, AffineTransformOp.TYPE_BICUBIC)
        .filter(plain, new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB));
  }

  /**
   * In RGB. Nothing is drawn: a Graphics2D, even one on an image, asks for the display that the
   * environment names, and fails where that is gone, as after an ssh session with X11.
   */
  private static BufferedImage plain(BufferedImage image) {
    boolean grey = image.getColorModel().getNumColorComponents() == 1;
    BufferedImage plain =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        // The grey value itself: Java takes it for a linear one, and its colour would be lighter.
        int colour = grey ? image.getRaster().getSample(x, y, 0) * 0x010101 : image.getRGB(x, y);
        plain.setRGB(x, y, colour);
      }
    }
    return plain;
  }

  private static String encoded(BufferedImage image, String format) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // ImageIO's own stream has a file in the folder of temporary files, which may be read-only.
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, format, out);
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot fail to be written", e);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /**
   * An image of the page.
   *
   * @param source as a data address
   * @param alt what it shows, for those who do not see it
   * @param width in pixels
   * @param height in pixels
   * @param pixelated whether it is so small that its pixels are to be seen
   */
  record Picture(String source, String alt, int width, int height, boolean pixelated) {}
}
