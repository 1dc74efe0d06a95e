package org.potstill.kernels;

/** Element type of the logits that {@link Kernels#score} reads. */
public enum LogitType {
  /** IEEE 754 binary32. */
  FLOAT32(4),
  /** bfloat16: the upper half of a binary32. */
  BFLOAT16(2),
  /** IEEE 754 binary16. */
  FLOAT16(2);

  private final int bytes;

  LogitType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
