package org.potstill.data;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * A PNG file (ISO/IEC 15948): chunks of a length, a name, data and a checksum.
 *
 * @param view the file
 * @param header the first chunk
 * @param orientation of EXIF
 */
record PngFile(ByteView view, PngHeader header, int orientation) implements ImageFile {

  private static final int SIGNATURE = 8;
  private static final int AROUND_DATA = 12;
  private static final int TRIPLE = 3;

  /** Where the data of a chunk begins, and its length. */
  private record Chunk(String name, int start, int length) {}

  static PngFile read(ByteView view) throws DamagedImageException {
    PngHeader header = PngHeader.read(view, SIGNATURE + 8);
    if (!view.text(SIGNATURE + 4, 4).equals("IHDR")) {
      throw new DamagedImageException("it does not begin with a header chunk");
    }
    return new PngFile(view, header, orientation(view));
  }

  @Override
  public int width() {
    return header.width();
  }

  @Override
  public int height() {
    return header.height();
  }

  private static int orientation(ByteView view) {
    long at = SIGNATURE;
    while (at + AROUND_DATA <= view.length()) {
      long length = view.u32Big((int) at);
      if (view.text((int) at + 4, 4).equals("eXIf") && at + AROUND_DATA + length <= view.length()) {
        return ExifOrientation.of(view, (int) at + 8, (int) length);
      }
      at += AROUND_DATA + length;
    }
    return ExifOrientation.UPRIGHT;
  }

  /**
   * Checks the checksums, the order of the chunks and the packed pixels.
   *
   * @return the file without the chunks that the pixels do not need; decoders warn of odd ones
   */
  @Override
  public byte[] checked() throws DamagedImageException {
    List<Chunk> kept = new ArrayList<>();
    for (Chunk chunk : chunks()) {
      if (chunk.name().equals("IHDR") && !kept.isEmpty()) {
        throw new DamagedImageException("it has two header chunks");
      }
      if (List.of("IHDR", "PLTE", "IDAT", "IEND").contains(chunk.name())) {
        kept.add(chunk);
      }
    }
    checkPalette(kept);
    try (PngPixels pixels = new PngPixels(view, header)) {
      for (Chunk chunk : kept) {
        if (chunk.name().equals("IDAT")) {
          pixels.add(chunk.start(), chunk.length());
        }
      }
      pixels.finish();
    }
    return copy(kept);
  }

  private List<Chunk> chunks() throws DamagedImageException {
    List<Chunk> chunks = new ArrayList<>();
    long at = SIGNATURE;
    while (at + AROUND_DATA <= view.length()) {
      long length = view.u32Big((int) at);
      if (at + AROUND_DATA + length > view.length()) {
        break;
      }
      Chunk chunk = new Chunk(view.text((int) at + 4, 4), (int) at + 8, (int) length);
      checkSum(chunk);
      chunks.add(chunk);
      if (chunk.name().equals("IEND")) {
        return chunks;
      }
      at += AROUND_DATA + length;
    }
    throw new DamagedImageException("the file ends early: it has no end chunk");
  }

  private void checkSum(Chunk chunk) throws DamagedImageException {
    CRC32 sum = new CRC32();
    sum.update(view.bytes(), chunk.start() - 4, chunk.length() + 4);
    if (sum.getValue() != view.u32Big(chunk.start() + chunk.length())) {
      throw new DamagedImageException("the checksum of its chunk " + chunk.name() + " is wrong");
    }
  }

  private void checkPalette(List<Chunk> chunks) throws DamagedImageException {
    List<Chunk> palettes = chunks.stream().filter(c -> c.name().equals("PLTE")).toList();
    boolean fits =
        palettes.isEmpty()
            ? !header.hasPalette()
            : palettes.size() == 1
                && chunks.indexOf(palettes.get(0)) == 1
                && palettes.get(0).length() % TRIPLE == 0
                && palettes.get(0).length() > 0
                && palettes.get(0).length() <= TRIPLE << (header.hasPalette() ? header.depth() : 8);
    if (!fits) {
      throw new DamagedImageException("its palette is missing or damaged");
    }
  }

  private byte[] copy(List<Chunk> chunks) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(view.length());
    out.write(view.bytes(), 0, SIGNATURE);
    for (Chunk chunk : chunks) {
      // A palette only suggested for true colour is left out.
      if (!chunk.name().equals("PLTE") || header.hasPalette()) {
        out.write(view.bytes(), chunk.start() - 8, chunk.length() + AROUND_DATA);
      }
    }
    return out.toByteArray();
  }
}
