package org.potstill.data;

import java.io.ByteArrayOutputStream;
import java.util.zip.CRC32;

/**
 * A PNG file (ISO/IEC 15948): chunks of a length, a name, data and a checksum.
 *
 * @param view the file
 * @param width in pixels
 * @param height in pixels
 */
record PngFile(ByteView view, int width, int height) implements ImageFile {

  private static final int SIGNATURE = 8;
  private static final int HEADER = SIGNATURE + 8;
  private static final int AROUND_DATA = 12;
  private static final int PALETTE_COLOURS = 3;

  /** Where the data of a chunk begins, and its length. */
  private record Chunk(String name, int start, int length) {

    int next() {
      return start + length + 4;
    }
  }

  static PngFile read(ByteView view) throws DamagedImageException {
    if (!view.text(SIGNATURE + 4, 4).equals("IHDR")) {
      throw new DamagedImageException("it does not begin with a header chunk");
    }
    long width = view.u32Big(HEADER);
    long height = view.u32Big(HEADER + 4);
    ImageFile.requirePixels(width, height);
    if (width > Integer.MAX_VALUE || height > Integer.MAX_VALUE) {
      throw new DamagedImageException("its header makes no sense");
    }
    return new PngFile(view, (int) width, (int) height);
  }

  @Override
  public int orientation() {
    int at = SIGNATURE;
    while (hasChunk(at)) {
      Chunk chunk = chunk(at);
      if (chunk.name().equals("eXIf")) {
        return ExifOrientation.of(view, chunk.start(), chunk.length());
      }
      at = chunk.next();
    }
    return ExifOrientation.UPRIGHT;
  }

  @Override
  public RawImage decode() throws DamagedImageException {
    return JdkReader.PNG.decode(checked());
  }

  /** The chunks that the pixels need; readers warn of what is odd in others. */
  private byte[] checked() throws DamagedImageException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(view.length());
    out.write(view.bytes(), 0, SIGNATURE);
    Chunk chunk;
    int at = SIGNATURE;
    do {
      if (!hasChunk(at)) {
        throw new DamagedImageException("the file ends early: it has no end chunk");
      }
      chunk = chunk(at);
      checkSum(chunk);
      if (isNeeded(chunk)) {
        out.write(view.bytes(), at, chunk.next() - at);
      }
      at = chunk.next();
    } while (!chunk.name().equals("IEND"));
    return out.toByteArray();
  }

  /** Whether a chunk begins there and ends within the file. */
  private boolean hasChunk(int at) {
    return at + AROUND_DATA <= view.length() && at + AROUND_DATA + view.u32Big(at) <= view.length();
  }

  private Chunk chunk(int at) {
    return new Chunk(view.text(at + 4, 4), at + 8, (int) view.u32Big(at));
  }

  /** Readers check none of the checksums, of palettes for example. */
  private void checkSum(Chunk chunk) throws DamagedImageException {
    CRC32 sum = new CRC32();
    sum.update(view.bytes(), chunk.start() - 4, chunk.length() + 4);
    if (sum.getValue() != view.u32Big(chunk.start() + chunk.length())) {
      throw new DamagedImageException("the checksum of its chunk " + chunk.name() + " is wrong");
    }
  }

  /** A palette is only suggested where colours are no indices. */
  private boolean isNeeded(Chunk chunk) {
    return switch (chunk.name()) {
      case "IHDR", "IDAT", "IEND" -> true;
      case "PLTE" -> view.u8(HEADER + 9) == PALETTE_COLOURS;
      default -> false;
    };
  }
}
