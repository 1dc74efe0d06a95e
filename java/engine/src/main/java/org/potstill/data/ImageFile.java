package org.potstill.data;

import org.potstill.errors.RunFailedException;

/**
 * An encoded image whose header was read and whose pixels were not decoded.
 *
 * <p>Decoders make full-size pictures of files that end early, warn on the standard error stream or
 * allocate what a header asks for; so all that can be known before is checked here.
 */
interface ImageFile {

  /** Width in pixels as stored, before the orientation is applied; at least 1. */
  int width();

  /** Height in pixels as stored, before the orientation is applied; at least 1. */
  int height();

  /** EXIF orientation from 1 (as stored) to 8. */
  int orientation();

  /**
   * Checks that the file is whole and decodes the pixels, as stored.
   *
   * @throws DamagedImageException where the file ends early or is damaged otherwise
   */
  RawImage decode() throws DamagedImageException;

  /**
   * Reads the header of a JPEG, PNG, WebP or BMP image, told apart by content.
   *
   * @throws DamagedImageException where it is none of these or its header is damaged
   */
  static ImageFile of(byte[] bytes) throws DamagedImageException {
    if (bytes.length == 0) {
      throw new DamagedImageException("the file is empty");
    }
    ByteView view = new ByteView(bytes);
    try {
      if (view.startsWith('R', 'I', 'F', 'F') && view.text(8, 4).equals("WEBP")) {
        return WebpFile.read(view);
      }
      if (view.startsWith('B', 'M')) {
        return BmpFile.read(view);
      }
      requireReaders();
      if (view.startsWith(0xFF, 0xD8)) {
        return JpegFile.read(view);
      }
      if (view.startsWith(0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
        return PngFile.read(view);
      }
    } catch (IndexOutOfBoundsException e) {
      throw new DamagedImageException("the file ends early: within its header");
    }
    throw new DamagedImageException("it is not a JPEG, PNG, WebP or BMP image");
  }

  /** Asked here, since without the module {@link JdkReader} cannot be loaded. */
  private static void requireReaders() {
    if (ModuleLayer.boot().findModule("java.desktop").isEmpty()) {
      throw new RunFailedException(
          "this Java has no readers of JPEG and PNG images: it was made without the module"
              + " java.desktop");
    }
  }

  /** Refuses images without pixels. */
  static void requirePixels(long width, long height) throws DamagedImageException {
    if (width < 1 || height < 1) {
      throw new DamagedImageException("its header says " + width + " x " + height + " pixels");
    }
  }
}
