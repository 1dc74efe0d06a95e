package org.potstill.data;

/**
 * Size of every image of a packed source.
 *
 * @param width in pixels
 * @param height in pixels
 * @param channels 1 or 3; each lies in a plane of its own
 */
record PackedShape(int width, int height, int channels) {

  int bytes() {
    return width * height * channels;
  }

  /** The planes of one image with their channels interleaved. */
  byte[] interleaved(byte[] planes) {
    if (channels == 1) {
      return planes;
    }
    int plane = width * height;
    byte[] pixels = new byte[planes.length];
    for (int i = 0; i < plane; i++) {
      for (int c = 0; c < channels; c++) {
        pixels[i * channels + c] = planes[c * plane + i];
      }
    }
    return pixels;
  }
}
