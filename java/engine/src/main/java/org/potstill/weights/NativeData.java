package org.potstill.weights;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** Copies bytes of files into tensors. */
final class NativeData {

  /** One mapping is at most 2 GiB. */
  private static final long PIECE = 1L << 30;

  private static final int BUFFER = 1 << 20;

  private NativeData() {}

  /**
   * A tensor with the {@code bytes} at {@code position} of a file, mapped while they are copied.
   */
  static Tensor read(
      FileChannel channel, long position, long bytes, ElementType type, long... shape)
      throws IOException {
    Tensor tensor = torch.empty(shape, new TensorOptions(type.scalarType()), null);
    for (long done = 0; done < bytes; done += PIECE) {
      long piece = Math.min(PIECE, bytes - done);
      MappedByteBuffer mapped = channel.map(MapMode.READ_ONLY, position + done, piece);
      try (PointerScope scope = new PointerScope()) {
        BytePointer target = new BytePointer(tensor.data_ptr());
        Pointer.memcpy(target.position(done), new BytePointer(mapped), piece);
      }
    }
    return tensor;
  }

  /**
   * A vector of {@code elements} read from a stream.
   *
   * @throws EOFException where the stream ends early
   */
  static Tensor read(InputStream stream, ElementType type, long elements) throws IOException {
    Tensor tensor = torch.empty(new long[] {elements}, new TensorOptions(type.scalarType()), null);
    long bytes = elements * type.bytes();
    byte[] buffer = new byte[BUFFER];
    try (PointerScope scope = new PointerScope()) {
      BytePointer target = new BytePointer(tensor.data_ptr());
      for (long done = 0; done < bytes; ) {
        int count = stream.readNBytes(buffer, 0, (int) Math.min(BUFFER, bytes - done));
        if (count == 0) {
          throw new EOFException("ends after " + done + " of " + bytes + " bytes");
        }
        target.position(done).put(buffer, 0, count);
        done += count;
      }
    }
    return tensor;
  }
}
