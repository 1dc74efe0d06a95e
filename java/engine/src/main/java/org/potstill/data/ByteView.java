package org.potstill.data;

import java.nio.charset.StandardCharsets;

/** Numbers in a byte array; positions beyond its end throw {@link IndexOutOfBoundsException}. */
@SuppressWarnings("ArrayRecordComponent") // Bytes are read, never compared.
record ByteView(byte[] bytes) {

  int length() {
    return bytes.length;
  }

  boolean startsWith(int... prefix) {
    if (bytes.length < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (u8(i) != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  int u8(int at) {
    return bytes[at] & 0xFF;
  }

  int u16Big(int at) {
    return u8(at) << 8 | u8(at + 1);
  }

  int u16Little(int at) {
    return u8(at) | u8(at + 1) << 8;
  }

  long u32Big(int at) {
    return (long) u16Big(at) << 16 | u16Big(at + 2);
  }

  long u32Little(int at) {
    return u16Little(at) | (long) u16Little(at + 2) << 16;
  }

  int i32Little(int at) {
    return (int) u32Little(at);
  }

  int u24Little(int at) {
    return u16Little(at) | u8(at + 2) << 16;
  }

  /** Single-byte characters; shorter where the bytes end. */
  String text(int at, int length) {
    int from = Math.min(at, bytes.length);
    return new String(
        bytes, from, Math.min(length, bytes.length - from), StandardCharsets.ISO_8859_1);
  }
}
