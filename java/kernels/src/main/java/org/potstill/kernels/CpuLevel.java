package org.potstill.kernels;

/** Instruction sets that {@link CpuKernels} has code for; the codes are those of the C ABI. */
public enum CpuLevel {
  /** The best of this CPU, or the one that the environment variable POTSTILL_CPU names. */
  AUTO(0),
  /** Plain C++ for any CPU of the platform. */
  GENERIC(1),
  /** AVX2, FMA and F16C. */
  AVX2(2),
  /** AVX-512 F, BW, DQ and VL. */
  AVX512(3);

  private final int code;

  CpuLevel(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  static CpuLevel ofCode(int code) {
    return values()[code];
  }
}
