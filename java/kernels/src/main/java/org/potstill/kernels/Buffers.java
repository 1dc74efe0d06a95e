package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;

/** Bulk copies between native buffers and Java arrays. */
final class Buffers {

  /** Elements copied at once by code that walks a buffer. */
  static final int CHUNK = 1 << 14;

  private Buffers() {}

  /** Copies {@code length} elements that begin {@code offset} elements after the pointer. */
  static void read(FloatPointer from, long offset, float[] into, int length) {
    if (length > 0) {
      from.getPointer(offset).get(into, 0, length);
    }
  }

  static void read(IntPointer from, long offset, int[] into, int length) {
    if (length > 0) {
      from.getPointer(offset).get(into, 0, length);
    }
  }

  static void read(LongPointer from, long offset, long[] into, int length) {
    if (length > 0) {
      from.getPointer(offset).get(into, 0, length);
    }
  }

  static void write(float[] from, FloatPointer into, long offset, int length) {
    if (length > 0 && into != null) {
      into.getPointer(offset).put(from, 0, length);
    }
  }

  /** The same values in single precision. */
  static float[] narrowed(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  static void write(byte[] from, BytePointer into, long offset, int length) {
    if (length > 0 && into != null) {
      into.getPointer(offset).put(from, 0, length);
    }
  }

  static void write(long[] from, LongPointer into, int length) {
    if (length > 0) {
      into.put(from, 0, length);
    }
  }

  /**
   * The same memory as an untyped byte pointer at position zero, so that the unit of the caller's
   * position no longer matters.
   */
  static BytePointer bytes(Pointer pointer, long byteOffset) {
    BytePointer bytes = new BytePointer(pointer);
    long position = pointer.position() * pointer.sizeof() + byteOffset;
    bytes.position(0);
    return bytes.getPointer(position);
  }

  /** Where each buffer begins; null for a null list, 0 for a null buffer. */
  static long[] addresses(List<FloatPointer> buffers) {
    if (buffers == null) {
      return null;
    }
    long[] addresses = new long[buffers.size()];
    for (int t = 0; t < addresses.length; t++) {
      FloatPointer buffer = buffers.get(t);
      addresses[t] = buffer == null ? 0 : buffer.address() + buffer.position() * Float.BYTES;
    }
    return addresses;
  }

  /** Reads logits of any type as floats; the conversions are exact. */
  static void readLogits(Pointer from, LogitType type, long offset, float[] into, int length) {
    if (length == 0) {
      return;
    }
    BytePointer start = bytes(from, offset * type.bytes());
    if (type == LogitType.FLOAT32) {
      new FloatPointer(start).get(into, 0, length);
      return;
    }
    short[] raw = new short[length];
    new ShortPointer(start).get(raw, 0, length);
    for (int i = 0; i < length; i++) {
      into[i] =
          type == LogitType.BFLOAT16
              ? Float.intBitsToFloat(raw[i] << 16)
              : halfToFloat(raw[i] & 0xFFFF);
    }
  }

  /** IEEE 754 binary16 to binary32 ({@code Float.float16ToFloat} came after Java 17). */
  static float halfToFloat(int half) {
    int sign = (half & 0x8000) << 16;
    int exponent = (half >>> 10) & 0x1F;
    int mantissa = half & 0x3FF;
    if (exponent == 0x1F) {
      return Float.intBitsToFloat(sign | 0x7F800000 | (mantissa << 13));
    }
    if (exponent == 0) {
      float magnitude = mantissa * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (mantissa << 13));
  }
}
