package org.potstill.kernels;

/** The numbers that stand for our enumerations in the C ABI of every native provider. */
final class AbiCodes {

  private AbiCodes() {}

  static int of(LogitType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case BFLOAT16 -> 1;
      case FLOAT16 -> 2;
    };
  }

  static int of(SelectionOrder order) {
    return switch (order) {
      case EASY -> 0;
      case HARD -> 1;
    };
  }

  static int of(GradientDistance distance) {
    return switch (distance) {
      case LAYERWISE -> 0;
      case MSE -> 1;
      case COSINE -> 2;
    };
  }
}
