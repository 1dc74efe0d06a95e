package org.potstill.weights;

import java.util.List;

/**
 * What the header of a file says of one tensor.
 *
 * @param type element type
 * @param shape empty for a scalar
 * @param begin offset of the first byte in the file's data
 * @param bytes size of the data
 */
record TensorInfo(ElementType type, List<Long> shape, long begin, long bytes) {

  long end() {
    return begin + bytes;
  }

  long[] dimensions() {
    return shape.stream().mapToLong(Long::longValue).toArray();
  }

  /**
   * Bytes of a tensor of this type and shape.
   *
   * @throws ArithmeticException where they do not fit 63 bits
   */
  static long size(ElementType type, List<Long> shape) {
    if (shape.contains(0L)) {
      return 0;
    }
    long size = type.bytes();
    for (long dimension : shape) {
      size = Math.multiplyExact(size, dimension);
    }
    return size;
  }
}
