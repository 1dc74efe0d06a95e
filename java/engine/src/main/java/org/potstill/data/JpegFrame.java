package org.potstill.data;

import java.util.List;

/**
 * The frame header of a JPEG file (ITU T.81, B.2.2): its size and components.
 *
 * @param view the file
 * @param start where the code of its marker lies
 */
record JpegFrame(ByteView view, int start) {

  private static final int PROGRESSIVE = 0xC2;
  private static final int ARITHMETIC = 0xC9;
  private static final int PROGRESSIVE_ARITHMETIC = 0xCA;
  private static final int COMPONENT = 3;
  private static final int NOT_SUBSAMPLED = 0x11;

  /** Sampling factors of the brightness in 4:4:4, 4:2:2 and 4:2:0. */
  private static final List<Integer> LUMA = List.of(0x11, 0x21, 0x22);

  /**
   * Reads what the file promises.
   *
   * @throws DamagedImageException where it has no pixels or is of a kind that is not decoded
   * @throws IndexOutOfBoundsException where the file ends within it
   */
  static JpegFrame read(ByteView view, int start) throws DamagedImageException {
    JpegFrame frame = new JpegFrame(view, start);
    ImageFile.requirePixels(frame.width(), frame.height());
    int kind = view.u8(start);
    if (kind > PROGRESSIVE && !frame.isArithmetic()) {
      throw new DamagedImageException(
          "it is lossless or hierarchical, a kind of JPEG file that is not supported");
    }
    int bits = view.u8(start + 3);
    int count = frame.components();
    if (bits != Byte.SIZE) {
      throw new DamagedImageException(
          "it has " + bits + " bits per colour; JPEG files of 8 are supported");
    }
    if (count != 1 && count != 3 && count != 4) {
      throw new DamagedImageException(
          "it has " + count + " colour components; JPEG files of 1, 3 and 4 are supported");
    }
    // Reading the last one here, nobody else meets the end of the file.
    frame.sampling(count - 1);
    return frame;
  }

  int height() {
    return view.u16Big(start + 4);
  }

  int width() {
    return view.u16Big(start + 6);
  }

  int components() {
    return view.u8(start + 8);
  }

  boolean isArithmetic() {
    return view.u8(start) == ARITHMETIC || view.u8(start) == PROGRESSIVE_ARITHMETIC;
  }

  boolean isProgressive() {
    return view.u8(start) == PROGRESSIVE || view.u8(start) == PROGRESSIVE_ARITHMETIC;
  }

  /** Whether it is grey or has the components that JFIF names, at sizes that cameras choose. */
  boolean isUsual() {
    boolean usualColours =
        components() == 3
            && id(0) == 1
            && id(1) == 2
            && id(2) == 3
            && LUMA.contains(sampling(0))
            && sampling(1) == NOT_SUBSAMPLED
            && sampling(2) == NOT_SUBSAMPLED;
    return !isProgressive() && (components() == 1 || usualColours);
  }

  /** What scans call component {@code i}. */
  int id(int i) {
    return view.u8(start + 9 + COMPONENT * i);
  }

  /** Sampling factors of component {@code i}, horizontal in the upper four bits. */
  private int sampling(int i) {
    return view.u8(start + 10 + COMPONENT * i);
  }
}
