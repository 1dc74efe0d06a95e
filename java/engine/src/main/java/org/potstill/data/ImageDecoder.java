package org.potstill.data;

/**
 * Decodes JPEG, PNG, WebP and BMP images to 8-bit RGB, as {@code PIL.Image.convert('RGB')} does:
 * transparency is dropped, grey fills all three channels, of 16 bits the upper eight are kept, JPEG
 * images of four inks are taken to be inverted, as Adobe's are. EXIF orientation is applied.
 */
public final class ImageDecoder {

  private static final int RGB = 3;

  /** OpenCV takes no more, and says so on the standard error stream. */
  private static final int MOST_SIDE = 1 << 20;

  private static final long MOST_PIXELS = 1L << 30;

  private ImageDecoder() {}

  /**
   * Loads what decodes some of them outside Java.
   *
   * @throws org.potstill.errors.RunFailedException where it cannot be loaded
   */
  public static void load() {
    OpenCv.load();
  }

  /**
   * Decodes an image from the bytes of its file.
   *
   * @param id names the image in errors
   * @param bytes the file
   * @param maxPixels images with more pixels are refused before they are decoded
   * @throws BadImageException where it is no image, damaged, cut short or too large
   */
  public static RawImage decode(String id, byte[] bytes, long maxPixels) throws BadImageException {
    try {
      ImageFile file = ImageFile.of(bytes);
      refuseTooLarge(file, maxPixels);
      RawImage stored = file.decode();
      if (stored.width() != file.width() || stored.height() != file.height()) {
        throw new DamagedImageException("its pixels do not fit its header");
      }
      return ExifOrientation.upright(stored, file.orientation());
    } catch (DamagedImageException e) {
      throw new BadImageException(id, e.getMessage());
    }
  }

  private static void refuseTooLarge(ImageFile file, long maxPixels) throws DamagedImageException {
    long pixels = (long) file.width() * file.height();
    String size = file.width() + " x " + file.height() + " pixels";
    if (pixels > maxPixels) {
      throw new DamagedImageException(
          size + " are more than data.max-pixels (" + maxPixels + ") allows");
    }
    if (file.width() > MOST_SIDE || file.height() > MOST_SIDE || pixels * RGB > MOST_PIXELS) {
      throw new DamagedImageException(size + " are more than the decoder takes");
    }
  }
}
