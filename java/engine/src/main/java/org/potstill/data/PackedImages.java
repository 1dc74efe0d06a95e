package org.potstill.data;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Images of one size that lie one after another in one file.
 *
 * @param bytes the file, in memory or mapped into it; read by absolute positions only, so that
 *     several threads may share it
 * @param start position of the pixels of the first image
 * @param stride bytes from one image to the next
 * @param count number of images
 */
record PackedImages(ByteBuffer bytes, int start, int stride, int count) {

  byte[] pixels(int index, int length) {
    byte[] pixels = new byte[length];
    bytes.get(start + index * stride, pixels);
    return pixels;
  }

  void addTo(CRC32C checksum) {
    checksum.update(bytes.duplicate().rewind());
  }
}
