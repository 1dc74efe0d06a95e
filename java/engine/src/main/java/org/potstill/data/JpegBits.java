package org.potstill.data;

/** The bits of entropy-coded JPEG data, up to the next marker. */
final class JpegBits {

  private static final int FIRST_RESTART = 0xD0;
  private static final int RESTARTS = 8;
  private static final int WANTED = 48;

  private final ByteView view;
  private int at;
  private long bits;
  private int count;
  private int restarts;

  JpegBits(ByteView view, int start) {
    this.view = view;
    at = start;
  }

  private void fill() {
    while (count <= WANTED && at < view.length()) {
      int next = view.u8(at);
      if (next == 0xFF) {
        if (at + 1 >= view.length() || view.u8(at + 1) != 0) {
          return;
        }
        at++;
      }
      at++;
      bits = bits << 8 | next;
      count += 8;
    }
  }

  /** The next 16 bits, filled up with zeros where there are fewer. */
  int peek16() {
    if (count < 16) {
      fill();
    }
    return (int) (count >= 16 ? bits >>> (count - 16) : bits << (16 - count)) & 0xFFFF;
  }

  /** Passes over up to 16 bits. */
  void skip(int length) throws DamagedImageException {
    if (count < length) {
      fill();
      if (count < length) {
        throw new DamagedImageException("the file ends early: blocks of the picture are missing");
      }
    }
    count -= length;
  }

  /** Goes on after the next marker, which must be the restart marker whose turn it is. */
  void restart() throws DamagedImageException {
    fill();
    int code = at;
    while (view.u8(code) == 0xFF) {
      code++;
    }
    // Whole bytes left over, or another marker: something before it is missing or damaged.
    if (count >= 8 || code == at || view.u8(code) != FIRST_RESTART + restarts % RESTARTS) {
      throw new DamagedImageException("the file ends early: blocks of the picture are missing");
    }
    restarts++;
    bits = 0;
    count = 0;
    at = code + 1;
  }

  /** The position after the last byte of which bits were taken. */
  int end() {
    int end = at;
    for (int left = count / 8; left > 0; left--) {
      end -= end >= 2 && view.u8(end - 1) == 0 && view.u8(end - 2) == 0xFF ? 2 : 1;
    }
    return end;
  }
}
