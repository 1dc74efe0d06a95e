package org.potstill.data;

import java.awt.Rectangle;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
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
import org.potstill.errors.RunFailedException;

/**
 * The readers of the JDK. They tell what a file lacks, by an exception or, that of JPEG, by a
 * warning: it is libjpeg, which fills missing blocks with grey and warns of them.
 *
 * <p>libjpeg gives its first warning only. So a file is refused for any of them, except for bytes
 * that belong to nothing at its very end, where no other warning can follow.
 */
final class JdkReader {

  static final JdkReader JPEG = new JdkReader("jpeg");
  static final JdkReader PNG = new JdkReader("png");

  /** Without it, this class cannot be loaded. */
  private static final String MODULE = "java.desktop";

  private static final int RGB = 3;

  /**
   * What libjpeg-turbo 2.1.2 says of whole files in several scans that are a few blocks high, and
   * then gives up. Ubuntu 22.04 has it under all its JDKs.
   */
  private static final String GIVES_UP_ON_SMALL_FILES = "Bogus virtual array access";

  private static final ColorModel COLOURS =
      new ComponentColorModel(
          ColorSpace.getInstance(ColorSpace.CS_sRGB),
          false,
          false,
          Transparency.OPAQUE,
          DataBuffer.TYPE_BYTE);

  private final String format;

  /** Makes readers, however many others are on the class path; safe for use by several threads. */
  private final Optional<ImageReaderSpi> provider;

  private JdkReader(String format) {
    this.format = format;
    this.provider = find(format);
  }

  private static Optional<ImageReaderSpi> find(String format) {
    Iterator<ImageReaderSpi> all =
        IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, true);
    while (all.hasNext()) {
      ImageReaderSpi provider = all.next();
      if (MODULE.equals(provider.getClass().getModule().getName())
          && Arrays.asList(provider.getFormatNames()).contains(format)) {
        return Optional.of(provider);
      }
    }
    return Optional.empty();
  }

  /** What is done with a reader. */
  private interface Reading<T> {
    T run(ImageReader reader, ImageReadParam how) throws IOException;
  }

  /**
   * Decodes a file to RGB: grey fills all channels, transparency is dropped, of 16 bits the upper
   * eight are kept.
   *
   * @throws DamagedImageException where it is not whole
   */
  RawImage decode(byte[] file) throws DamagedImageException {
    BufferedImage image = read(file, new Warnings(), (reader, how) -> reader.read(0, how));
    return new RawImage(image.getWidth(), image.getHeight(), RGB, rgb(image));
  }

  /**
   * Decodes a file whose colours become RGB by a change of colour space that the reader makes, as
   * of JPEG files.
   *
   * @throws DamagedImageException where it is not whole
   */
  RawImage convert(byte[] file, int width, int height) throws DamagedImageException {
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
    read(
        file,
        new Warnings(),
        (reader, how) -> {
          how.setDestination(new BufferedImage(COLOURS, raster, false, null));
          return reader.read(0, how);
        });
    return new RawImage(width, height, RGB, pixels);
  }

  /**
   * Checks that a file is whole, as far as this libjpeg can.
   *
   * @param row that is decoded, besides those that have to be on the way to it
   * @return how many bytes before the marker of the end are no part of the picture
   * @throws DamagedImageException where it is not whole
   */
  int check(byte[] file, int row) throws DamagedImageException {
    Warnings warnings = new Warnings();
    try {
      read(
          file,
          warnings,
          (reader, how) -> {
            how.setSourceRegion(new Rectangle(0, row, 1, 1));
            return reader.readRaster(0, how);
          });
    } catch (DamagedImageException e) {
      if (!e.getMessage().contains(GIVES_UP_ON_SMALL_FILES)) {
        throw e;
      }
    }
    return warnings.surplus;
  }

  private <T> T read(byte[] file, Warnings warnings, Reading<T> reading)
      throws DamagedImageException {
    ImageReaderSpi spi = provider.orElseThrow(this::missing);
    T result;
    try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      ImageReader reader = spi.createReaderInstance();
      try {
        reader.addIIOReadWarningListener(warnings);
        reader.setInput(in, true, true);
        result = reading.run(reader, reader.getDefaultReadParam());
      } finally {
        reader.dispose();
      }
    } catch (IOException | RuntimeException e) {
      throwErrorIn(e);
      warnings.refuse();
      throw endsEarly(e)
          ? new DamagedImageException("the file ends early: pixels are missing")
          : DamagedImageException.undecodable(e);
    }
    warnings.refuse();
    return result;
  }

  /** Readers wrap errors of the JVM too: where memory runs out, the file is not to blame. */
  private static void throwErrorIn(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof Error error) {
        throw error;
      }
    }
  }

  private static boolean endsEarly(Throwable error) {
    return error instanceof EOFException
        || (error.getCause() != null && endsEarly(error.getCause()));
  }

  private RunFailedException missing() {
    return new RunFailedException("this Java has no reader of " + format + " images");
  }

  private static byte[] rgb(BufferedImage image) {
    byte[] pixels = new byte[image.getWidth() * image.getHeight() * RGB];
    if (image.getColorModel() instanceof IndexColorModel palette) {
      copyColours(image.getRaster(), palette, pixels);
    } else if (image.getRaster().getTransferType() == DataBuffer.TYPE_BYTE) {
      copyBytes(image.getRaster(), pixels);
    } else {
      copyUpperBytes(image.getRaster(), pixels);
    }
    return pixels;
  }

  /** The samples themselves: as a colour, Java takes grey for linear light and makes it lighter. */
  private static void copyBytes(Raster raster, byte[] pixels) {
    int bands = raster.getNumBands();
    byte[] row = new byte[raster.getWidth() * bands];
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      raster.getDataElements(0, y, raster.getWidth(), 1, row);
      if (bands == RGB) {
        System.arraycopy(row, 0, pixels, at, row.length);
        at += row.length;
      } else {
        for (int x = 0; x < row.length; x += bands) {
          for (int c = 0; c < RGB; c++) {
            pixels[at++] = row[x + (bands > RGB ? c : 0)];
          }
        }
      }
    }
  }

  /** Of samples of 16 bits. */
  private static void copyUpperBytes(Raster raster, byte[] pixels) {
    int bands = raster.getNumBands();
    int[] row = null;
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      row = raster.getPixels(0, y, raster.getWidth(), 1, row);
      for (int x = 0; x < row.length; x += bands) {
        for (int c = 0; c < RGB; c++) {
          pixels[at++] = (byte) (row[x + (bands >= RGB ? c : 0)] >> Byte.SIZE);
        }
      }
    }
  }

  /** A palette may have fewer colours than there are indices. */
  private static void copyColours(Raster raster, IndexColorModel palette, byte[] pixels) {
    int[] colours = new int[1 << Byte.SIZE];
    palette.getRGBs(colours);
    int[] row = null;
    int at = 0;
    for (int y = 0; y < raster.getHeight(); y++) {
      row = raster.getPixels(0, y, raster.getWidth(), 1, row);
      for (int index : row) {
        pixels[at++] = (byte) (colours[index] >> 16);
        pixels[at++] = (byte) (colours[index] >> 8);
        pixels[at++] = (byte) colours[index];
      }
    }
  }

  /** The first warning that tells of damage. */
  private static final class Warnings implements IIOReadWarningListener {

    private static final String CORRUPT = "Corrupt JPEG data: ";
    private static final String SURPLUS_AT_THE_END = " extraneous bytes before marker 0xd9";

    private String damage;
    private int surplus;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
      if (warning.startsWith(CORRUPT) && warning.endsWith(SURPLUS_AT_THE_END)) {
        int end = warning.length() - SURPLUS_AT_THE_END.length();
        surplus = Integer.parseInt(warning.substring(CORRUPT.length(), end));
      } else if (damage == null) {
        damage = reason(warning);
      }
    }

    private static String reason(String warning) {
      if (warning.contains("EOI")) {
        return "the file ends early: it has no end-of-image marker";
      }
      if (warning.contains("premature end")) {
        return "the file ends early: blocks of the picture are missing";
      }
      return "it is damaged: "
          + warning.replace(CORRUPT, "").lines().findFirst().orElse("the decoder warns of it");
    }

    void refuse() throws DamagedImageException {
      if (damage != null) {
        throw new DamagedImageException(damage);
      }
    }
  }
}
