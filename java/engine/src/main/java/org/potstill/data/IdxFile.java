package org.potstill.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.potstill.errors.InputException;

/**
 * An IDX file of unsigned bytes (the format of MNIST): a magic number 0x000008NN for NN dimensions,
 * their sizes as big-endian 32-bit integers, then the values row-major.
 *
 * @param sizes one per dimension
 * @param bytes the whole file, unpacked
 */
@SuppressWarnings("ArrayRecordComponent") // Sizes are read, never compared.
record IdxFile(int[] sizes, ByteBuffer bytes) {

  private static final int UNSIGNED_BYTES = 0x0800;
  private static final int WORD = 4;

  /** Where the values begin. */
  int start() {
    return WORD * (1 + sizes.length);
  }

  /**
   * Reads and checks a file, plain or gzipped (by its name).
   *
   * @param name of the file, for messages and to tell whether it is gzipped
   * @throws InputException where it is not such a file, ends early or goes on after its end
   */
  static IdxFile read(String name, InputStream file, int dimensions) {
    try (InputStream in = name.endsWith(".gz") ? new GZIPInputStream(file) : file) {
      byte[] header = in.readNBytes(WORD * (1 + dimensions));
      int[] sizes = sizes(name, header, dimensions);
      int length = length(name, sizes, header.length);
      byte[] bytes = new byte[length];
      System.arraycopy(header, 0, bytes, 0, header.length);
      int found = in.readNBytes(bytes, header.length, length - header.length) + header.length;
      if (found < length) {
        throw new InputException(
            name + " ends early: its header promises " + length + " bytes, it has " + found);
      }
      // To the end, where a gzipped file has its checksum.
      long more = in.transferTo(OutputStream.nullOutputStream());
      if (more > 0) {
        throw new InputException(
            name
                + " is damaged or another file: its header promises "
                + length
                + " bytes, it has "
                + (length + more));
      }
      return new IdxFile(sizes, ByteBuffer.wrap(bytes).asReadOnlyBuffer());
    } catch (EOFException e) {
      throw new InputException(name + " ends early", e);
    } catch (ZipException e) {
      throw new InputException(name + " is not a whole gzip file: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException(name + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static int[] sizes(String name, byte[] header, int dimensions) {
    if (header.length < WORD * (1 + dimensions)) {
      throw new InputException(name + " ends early: it has only " + header.length + " bytes");
    }
    ByteBuffer words = ByteBuffer.wrap(header);
    int magic = words.getInt();
    if (magic != UNSIGNED_BYTES + dimensions) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s is not an IDX file of bytes in %d dimensions: it begins with %08x, not %08x",
              name,
              dimensions,
              magic,
              UNSIGNED_BYTES + dimensions));
    }
    int[] sizes = new int[dimensions];
    for (int i = 0; i < dimensions; i++) {
      sizes[i] = words.getInt();
    }
    return sizes;
  }

  private static int length(String name, int[] sizes, int header) {
    long length = 1;
    for (int size : sizes) {
      if (size <= 0) {
        throw new InputException(
            name + " promises a dimension of size " + Integer.toUnsignedString(size));
      }
      // Stops growing beyond what one array can hold, so that it cannot overflow either.
      length = Math.min(length * size, Integer.MAX_VALUE);
    }
    if (length + header >= Integer.MAX_VALUE - Long.BYTES) {
      throw new InputException(name + " promises 2 GB or more, which one IDX file may not have");
    }
    return (int) length + header;
  }
}
