package org.potstill.data;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Unpacks the pixels of a PNG file to see that they are all there, and keeps none. */
final class PngPixels implements AutoCloseable {

  private static final int BUFFER = 1 << 14;
  private static final int LAST_FILTER = 4;

  private final ByteView view;
  private final PngHeader header;
  private final Inflater inflater = new Inflater();
  private final byte[] buffer = new byte[BUFFER];
  private int pass = -1;
  private long rowsLeft;
  private long rowLeft;

  PngPixels(ByteView view, PngHeader header) {
    this.view = view;
    this.header = header;
  }

  /** Unpacks the data of one chunk. */
  void add(int start, int length) throws DamagedImageException {
    try {
      inflater.setInput(view.bytes(), start, length);
      while (!inflater.finished() && !inflater.needsInput()) {
        int count = inflater.inflate(buffer);
        if (count == 0 && inflater.needsDictionary()) {
          throw new DamagedImageException("its pixels are packed with a dictionary");
        }
        consume(count);
      }
    } catch (DataFormatException e) {
      throw new DamagedImageException("its packed pixels are damaged");
    }
  }

  private void consume(int count) throws DamagedImageException {
    int at = 0;
    while (at < count) {
      if (rowLeft == 0) {
        nextRow();
        if ((buffer[at] & 0xFF) > LAST_FILTER) {
          throw new DamagedImageException("its pixels are damaged");
        }
        at++;
      } else {
        int step = (int) Math.min(rowLeft, count - at);
        rowLeft -= step;
        at += step;
      }
    }
  }

  private void nextRow() throws DamagedImageException {
    int[][] passes = header.passes();
    while (rowsLeft == 0) {
      pass++;
      if (pass == passes.length) {
        throw new DamagedImageException("it has more pixels than its header says");
      }
      rowsLeft = header.rows(passes[pass]);
    }
    rowsLeft--;
    rowLeft = header.rowBytes(passes[pass]);
  }

  /** Checks that all rows came. */
  void finish() throws DamagedImageException {
    boolean all = rowsLeft == 0 && rowLeft == 0 && pass >= 0;
    int[][] passes = header.passes();
    for (int later = pass + 1; later < passes.length; later++) {
      all &= header.rows(passes[later]) == 0;
    }
    if (!inflater.finished() || !all) {
      throw new DamagedImageException("the file ends early: pixels are missing");
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
