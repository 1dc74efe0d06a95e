package org.potstill.data;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A JPEG file (ITU T.81): segments, each a marker and a length, and entropy-coded data.
 *
 * @param view the file
 * @param orientation of EXIF
 * @param frame the size and the components
 * @param header the segments before the first scan that its pixels need
 * @param scan where the code of the first scan's marker lies
 * @param inFirstScan how many of the components the first scan has
 */
record JpegFile(
    ByteView view,
    int orientation,
    JpegFrame frame,
    List<Segment> header,
    int scan,
    int inFirstScan)
    implements ImageFile {

  private static final int HUFFMAN_TABLES = 0xC4;
  private static final int START_OF_SCAN = 0xDA;
  private static final int END_OF_IMAGE = 0xD9;
  private static final int FIRST_RESTART = 0xD0;
  private static final int TEMPORARY = 0x01;
  private static final int JFIF = 0xE0;
  private static final int EXIF = 0xE1;
  private static final int ADOBE = 0xEE;
  private static final int FIRST_APPLICATION = 0xE0;
  private static final int JFIF_VERSION = 8;
  private static final int ADOBE_TRANSFORM = 14;
  private static final int RGB_OR_CMYK = 0;
  private static final int YCBCR = 1;
  private static final int YCCK = 2;
  private static final int SCAN_COMPONENTS = 4;

  /** All 64 values to the last bit. */
  private static final byte[] SEQUENTIAL = {0, 63, 0};

  /**
   * Part of a file.
   *
   * @param start where the code of its marker lies
   * @param length of the marker's code and the data
   */
  record Segment(int start, int length) {}

  static JpegFile read(ByteView view) throws DamagedImageException {
    List<Segment> header = new ArrayList<>();
    JpegFrame frame = null;
    int orientation = ExifOrientation.UPRIGHT;
    int at = nextMarker(view, 2);
    while (view.u8(at) != START_OF_SCAN) {
      int marker = view.u8(at);
      if (marker == END_OF_IMAGE) {
        throw new DamagedImageException("it has no picture, only a header");
      }
      Segment segment = new Segment(at, length(view, at));
      if (isNeeded(view, segment)) {
        header.add(segment);
      }
      if (isFrame(marker)) {
        frame = JpegFrame.read(view, at);
      } else if (marker == EXIF && isNamed(view, segment, "Exif\0\0")) {
        orientation = ExifOrientation.of(view, at + 9, segment.length() - 9);
      }
      at = nextMarker(view, at + segment.length());
    }
    if (frame == null) {
      throw new DamagedImageException("its header lacks the size of the picture");
    }
    return new JpegFile(view, orientation, frame, List.copyOf(header), at, view.u8(at + 3));
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

  /** Bytes of the segment whose marker's code lies at {@code at}. */
  private static int length(ByteView view, int at) {
    return 1 + (hasLength(view.u8(at)) ? view.u16Big(at + 1) : 0);
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
      case ADOBE -> isNamed(view, segment, "Adobe") && segment.length() > ADOBE_TRANSFORM;
      default -> hasLength(marker) && marker < FIRST_APPLICATION;
    };
  }

  private static boolean isNamed(ByteView view, Segment segment, String name) {
    return view.text(segment.start() + 3, name.length()).equals(name);
  }

  @Override
  public int width() {
    return frame.width();
  }

  @Override
  public int height() {
    return frame.height();
  }

  /**
   * Usual files by the JDK's reader alone, others by OpenCV once the reader has checked them. There
   * the reader may make other pixels: it guesses the colours where components have odd names, and
   * the older libjpeg of many JDKs enlarges some colour planes in a coarser way. Files in several
   * scans take it long, since it makes a picture of every scan.
   */
  @Override
  public RawImage decode() throws DamagedImageException {
    boolean usual =
        frame.isUsual() && !hasSeveralScans() && hasUsualColours() && readerKnowsCodes();
    return usual ? JdkReader.JPEG.convert(copy(), width(), height()) : OpenCv.decode(checked());
  }

  /** Arithmetic codes, and the Huffman codes that video frames leave out, OpenCV alone knows. */
  private boolean readerKnowsCodes() {
    return !frame.isArithmetic()
        && header.stream().anyMatch(segment -> view.u8(segment.start()) == HUFFMAN_TABLES);
  }

  private boolean hasSeveralScans() {
    return frame.isProgressive() || inFirstScan < frame.components();
  }

  private boolean hasUsualColours() {
    return frame.components() == 1
        || header.stream()
            .filter(segment -> view.u8(segment.start()) == ADOBE)
            .allMatch(segment -> view.u8(segment.start() + ADOBE_TRANSFORM) == YCBCR);
  }

  /**
   * Has the reader look for all that libjpeg warns of, where it knows the codes.
   *
   * @return the file without what its pixels do not need; decoders warn of what is odd in it
   */
  private byte[] checked() throws DamagedImageException {
    byte[] copy = copy();
    // All rows have to be decoded on the way to the last; of several scans, each to its first row.
    return readerKnowsCodes()
        ? without(JdkReader.JPEG.check(copy, hasSeveralScans() ? 0 : height() - 1), copy)
        : copy;
  }

  /** Cuts surplus bytes before the marker of the end, of which OpenCV would print a warning. */
  private byte[] without(int surplus, byte[] copy) {
    if (surplus == 0) {
      return copy;
    }
    int code = scan;
    while (view.u8(code) != END_OF_IMAGE) {
      code = nextMarker(view, code + length(view, code));
    }
    int end = copy.length - (view.length() - code);
    while ((copy[end - 1] & 0xFF) == 0xFF) {
      end--;
    }
    byte[] shorter = Arrays.copyOf(copy, copy.length - surplus);
    System.arraycopy(copy, end, shorter, end - surplus, copy.length - end);
    return shorter;
  }

  /** The header without what is not needed, and the file from the first scan on. */
  private byte[] copy() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(view.length());
    out.write(view.bytes(), 0, 2);
    for (Segment segment : header) {
      int start = segment.start();
      out.write(0xFF);
      out.writeBytes(mended(Arrays.copyOfRange(view.bytes(), start, start + segment.length())));
    }
    out.write(0xFF);
    out.writeBytes(mended(Arrays.copyOfRange(view.bytes(), scan, view.length())));
    return out.toByteArray();
  }

  /**
   * A segment with what decoders take its oddities for, since they would warn of them and hide the
   * warnings that follow.
   */
  private byte[] mended(byte[] segment) {
    int marker = segment[0] & 0xFF;
    if (marker == JFIF && segment.length > JFIF_VERSION + 1) {
      segment[JFIF_VERSION] = 1;
      segment[JFIF_VERSION + 1] = 1;
    } else if (marker == ADOBE && segment[ADOBE_TRANSFORM] != RGB_OR_CMYK) {
      segment[ADOBE_TRANSFORM] = (byte) (frame.components() == 4 ? YCCK : YCBCR);
    } else if (marker == START_OF_SCAN && !frame.isProgressive()) {
      int parameters = SCAN_COMPONENTS + 2 * inFirstScan;
      if (segment.length >= parameters + SEQUENTIAL.length) {
        System.arraycopy(SEQUENTIAL, 0, segment, parameters, SEQUENTIAL.length);
      }
    }
    return segment;
  }
}
