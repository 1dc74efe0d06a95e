package org.potstill.weights;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** A stream over a file that knows where it is, so that what follows a pickle can be found. */
final class FileInput extends InputStream {

  private static final int BUFFER = 1 << 16;

  private final FileChannel channel;
  private final long end;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);

  /** Position in the file of the first byte in the buffer. */
  private long bufferStart;

  private long marked;

  /**
   * A stream over a part of a file.
   *
   * @param start position of its first byte
   * @param end position behind its last byte
   */
  FileInput(FileChannel channel, long start, long end) {
    this.channel = channel;
    this.end = end;
    this.bufferStart = start;
  }

  /** Bytes that are left. */
  long remaining() {
    return Math.max(0, end - position());
  }

  long position() {
    return bufferStart + buffer.position();
  }

  void seek(long position) {
    bufferStart = position;
    buffer.position(0).limit(0);
  }

  /** A little-endian 64-bit integer. */
  long readLong() throws IOException {
    byte[] bytes = readNBytes(8);
    if (bytes.length < 8) {
      throw new EOFException("ends at byte " + end);
    }
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private boolean fill() throws IOException {
    if (!buffer.hasRemaining()) {
      bufferStart = position();
      buffer.clear();
      buffer.limit((int) Math.min(BUFFER, Math.max(0, end - bufferStart)));
      int count = channel.read(buffer, bufferStart);
      buffer.position(0).limit(Math.max(0, count));
    }
    return buffer.hasRemaining();
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer.get() & 0xFF : -1;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(target, offset, count);
    return count;
  }

  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, remaining());
  }

  @Override
  public boolean markSupported() {
    return true;
  }

  @Override
  public synchronized void mark(int limit) {
    marked = position();
  }

  @Override
  public synchronized void reset() {
    seek(marked);
  }
}
