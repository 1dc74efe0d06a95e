package org.potstill.data;

import java.awt.Rectangle;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Optional;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The JDK's JPEG reader. It is libjpeg, as OpenCV's is, but hands on what libjpeg warns of: blocks
 * that are missing are filled with grey, and a warning is all that tells of them.
 *
 * <p>libjpeg gives its first warning only. So a file is refused for any of them, except for bytes
 * that belong to nothing at its very end, where no other warning can follow.
 */
final class JpegReader implements IIOReadWarningListener {

  private static final String NO_END = "the file ends early: it has no end-of-image marker";

  private static final int RGB = 3;
  private static final String CORRUPT = "Corrupt JPEG data: ";
  private static final String SURPLUS_AT_THE_END = " extraneous bytes before marker 0xd9";

  private static final ColorModel COLOURS =
      new ComponentColorModel(
          ColorSpace.getInstance(ColorSpace.CS_sRGB),
          false,
          false,
          Transparency.OPAQUE,
          DataBuffer.TYPE_BYTE);

  private String damage;

  private JpegReader() {}

  /** Makes readers, however many others are on the class path; safe for use by several threads. */
  private static final class Provider {

    static final Optional<ImageReaderSpi> JDK = find();

    private Provider() {}

    private static Optional<ImageReaderSpi> find() {
      Iterator<ImageReaderSpi> all =
          IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
      while (all.hasNext()) {
        ImageReaderSpi provider = all.next();
        if (JpegFile.READER_MODULE.equals(provider.getClass().getModule().getName())
            && Arrays.asList(provider.getFormatNames()).contains("jpeg")) {
          return Optional.of(provider);
        }
      }
      return Optional.empty();
    }
  }

  /** What is done with a reader. */
  private interface Reading {
    void run(ImageReader reader, ImageReadParam how) throws IOException;
  }

  /**
   * Decodes a file of one or three components to RGB.
   *
   * @throws DamagedImageException where it is not whole
   */
  static RawImage decode(byte[] file, int width, int height) throws DamagedImageException {
    byte[] pixels = new byte[width * height * RGB];
    WritableRaster raster =
        Raster.createInterleavedRaster(
            new DataBufferByte(pixels, pixels.length),
            width,
            height,
            width * RGB,
            RGB,
            new int[] {0, 1, 2},
            null);
    BufferedImage image = new BufferedImage(COLOURS, raster, false, null);
    new JpegReader()
        .read(
            file,
            (reader, how) -> {
              how.setDestination(image);
              reader.read(0, how);
            });
    return new RawImage(width, height, RGB, pixels);
  }

  /**
   * Checks that a file is whole.
   *
   * @param row that is decoded, besides those that have to be on the way to it
   * @throws DamagedImageException where it is not whole
   */
  static void check(byte[] file, int row) throws DamagedImageException {
    new JpegReader()
        .read(
            file,
            (reader, how) -> {
              how.setSourceRegion(new Rectangle(0, row, 1, 1));
              reader.readRaster(0, how);
            });
  }

  private void read(byte[] file, Reading reading) throws DamagedImageException {
    ImageReaderSpi provider = Provider.JDK.orElseThrow(JpegFile::withoutReader);
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      ImageReader reader = provider.createReaderInstance();
      try {
        reader.addIIOReadWarningListener(this);
        reader.setInput(in, true, true);
        reading.run(reader, reader.getDefaultReadParam());
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      throw damage == null
          ? DamagedImageException.undecodable(e)
          : new DamagedImageException(damage);
    }
    if (damage != null) {
      throw new DamagedImageException(damage);
    }
  }

  @Override
  public void warningOccurred(ImageReader source, String warning) {
    if (damage == null && !warning.endsWith(SURPLUS_AT_THE_END)) {
      damage = reason(warning);
    }
  }

  private static String reason(String warning) {
    if (warning.contains("EOI")) {
      return NO_END;
    }
    if (warning.contains("premature end")) {
      return "the file ends early: blocks of the picture are missing";
    }
    return "it is damaged: "
        + warning.replace(CORRUPT, "").lines().findFirst().orElse("the decoder warns of it");
  }
}
