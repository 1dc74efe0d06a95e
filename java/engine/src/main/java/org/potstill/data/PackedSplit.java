package org.potstill.data;

import java.util.List;
import java.util.zip.CRC32C;

/**
 * The training or the test images of a packed source.
 *
 * @param parts files in their order
 * @param labels one per image over all parts, from 0
 */
@SuppressWarnings("ArrayRecordComponent") // Labels are read, never compared.
record PackedSplit(List<PackedImages> parts, int[] labels) {

  byte[] pixels(int index, int length) {
    int within = index;
    for (PackedImages part : parts) {
      if (within < part.count()) {
        return part.pixels(within, length);
      }
      within -= part.count();
    }
    throw new IndexOutOfBoundsException(index);
  }

  String digest() {
    CRC32C checksum = new CRC32C();
    for (PackedImages part : parts) {
      part.addTo(checksum);
    }
    for (int label : labels) {
      checksum.update(label);
      checksum.update(label >>> 8);
    }
    return Long.toHexString(checksum.getValue());
  }
}
