package org.potstill.data;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * A JPEG file (ITU T.81): segments, each a marker and a length, and entropy-coded data.
 *
 * @param view the file
 * @param width of the frame
 * @param height of the frame
 * @param orientation of EXIF
 * @param frame where the code of the frame's marker lies
 * @param header the segments before the first scan that its pixels need
 * @param scan where the code of the first scan's marker lies
 */
record JpegFile(
    ByteView view,
    int width,
    int height,
    int orientation,
    int frame,
    List<Segment> header,
    int scan)
    implements ImageFile {

  private static final int START_OF_SCAN = 0xDA;
  private static final int END_OF_IMAGE = 0xD9;
  private static final int FIRST_RESTART = 0xD0;
  private static final int TEMPORARY = 0x01;
  private static final int JFIF = 0xE0;
  private static final int EXIF = 0xE1;
  private static final int ADOBE = 0xEE;
  private static final int FIRST_APPLICATION = 0xE0;
  private static final int JFIF_VERSION = 8;

  /**
   * Part of a file.
   *
   * @param start where the code of its marker lies
   * @param length of the marker's code and the data
   */
  record Segment(int start, int length) {}

  static JpegFile read(ByteView view) throws DamagedImageException {
    List<Segment> header = new ArrayList<>();
    int frame = -1;
    int orientation = ExifOrientation.UPRIGHT;
    int at = nextMarker(view, 2);
    while (view.u8(at) != START_OF_SCAN) {
      int marker = view.u8(at);
      if (marker == END_OF_IMAGE) {
        throw new DamagedImageException("it has no picture, only a header");
      }
      Segment segment = new Segment(at, 1 + (hasLength(marker) ? view.u16Big(at + 1) : 0));
      if (isNeeded(view, segment)) {
        header.add(segment);
      }
      if (isFrame(marker)) {
        frame = at;
      } else if (marker == EXIF && isNamed(view, segment, "Exif\0\0")) {
        orientation = ExifOrientation.of(view, at + 9, segment.length() - 9);
      }
      at = nextMarker(view, at + segment.length());
    }
    if (frame < 0) {
      throw new DamagedImageException("its header lacks the size of the picture");
    }
    int height = view.u16Big(frame + 4);
    int width = view.u16Big(frame + 6);
    ImageFile.requirePixels(width, height);
    return new JpegFile(view, width, height, orientation, frame, List.copyOf(header), at);
  }

  /** The position of the next marker's code: a byte after 0xFF that is neither 0 nor 0xFF. */
  private static int nextMarker(ByteView view, int from) {
    int at = from;
    while (true) {
      while (view.u8(at) != 0xFF) {
        at++;
      }
      while (view.u8(at) == 0xFF) {
        at++;
      }
      if (view.u8(at) != 0) {
        return at;
      }
    }
  }

  private static boolean hasLength(int marker) {
    return marker != TEMPORARY && (marker < FIRST_RESTART || marker > END_OF_IMAGE);
  }

  /** Start of frame: 0xC0 to 0xCF without the tables 0xC4 and 0xCC and the reserved 0xC8. */
  private static boolean isFrame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
  }

  /** Tables, frames, and the two application segments that tell the colours. */
  private static boolean isNeeded(ByteView view, Segment segment) {
    int marker = view.u8(segment.start());
    return switch (marker) {
      case JFIF -> isNamed(view, segment, "JFIF\0");
      case ADOBE -> isNamed(view, segment, "Adobe");
      default -> hasLength(marker) && marker < FIRST_APPLICATION;
    };
  }

  private static boolean isNamed(ByteView view, Segment segment, String name) {
    return view.text(segment.start() + 3, name.length()).equals(name);
  }

  /**
   * Looks for the end of the image, and in files that are not progressive for every block of it.
   *
   * @return the file without what its pixels do not need; decoders warn of what is odd in it
   */
  @Override
  public byte[] checked() throws DamagedImageException {
    int at = scan;
    int lastBlock = -1;
    try {
      JpegBlocks blocks = new JpegBlocks(view, frame);
      for (Segment segment : header) {
        blocks.prepare(segment.start());
      }
      while (view.u8(at) != END_OF_IMAGE) {
        blocks.prepare(at);
        int marker = view.u8(at);
        int end = at + 1 + (hasLength(marker) ? view.u16Big(at + 1) : 0);
        if (marker == START_OF_SCAN) {
          lastBlock = blocks.check(at);
        }
        // In entropy-coded data 0xFF is followed by 0 or a restart marker, which have no length.
        at = nextMarker(view, end);
      }
    } catch (IndexOutOfBoundsException e) {
      throw new DamagedImageException("the file ends early: it has no end-of-image marker");
    }
    return copy(lastBlock < 0 ? at - 1 : lastBlock);
  }

  private byte[] copy(int end) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(view.length());
    out.write(view.bytes(), 0, 2);
    for (Segment segment : header) {
      out.write(0xFF);
      if (view.u8(segment.start()) == JFIF) {
        writeJfif(out, segment);
      } else {
        out.write(view.bytes(), segment.start(), segment.length());
      }
    }
    out.write(0xFF);
    out.write(view.bytes(), scan, end - scan);
    out.write(0xFF);
    out.write(END_OF_IMAGE);
    return out.toByteArray();
  }

  /** The segment with the version that every decoder knows. */
  private void writeJfif(ByteArrayOutputStream out, Segment segment) {
    byte[] copy = new byte[segment.length()];
    System.arraycopy(view.bytes(), segment.start(), copy, 0, copy.length);
    if (copy.length > JFIF_VERSION + 1) {
      copy[JFIF_VERSION] = 1;
      copy[JFIF_VERSION + 1] = 1;
    }
    out.write(copy, 0, copy.length);
  }
}
