package org.potstill.benchmarks;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;

/**
 * A flat tensor as a list of 16, of which each is larger than the one before, as layers are.
 *
 * @param total elements of the flat tensor
 */
record LayerSizes(long total) {

  static final int TENSORS = 16;

  /** Where tensor {@code t} begins; that of {@link #TENSORS} is the end. */
  long begin(int t) {
    return total * t * (t + 1) / (TENSORS * (TENSORS + 1));
  }

  /** Elements of tensor {@code t}. */
  long size(int t) {
    return begin(t + 1) - begin(t);
  }

  long[] sizes() {
    return LongStream.range(0, TENSORS).map(t -> size((int) t)).toArray();
  }

  /** The list over the memory of a flat tensor, which has to outlive it. */
  List<FloatPointer> pointers(Tensor flat) {
    return IntStream.range(0, TENSORS)
        .mapToObj(t -> flat.data_ptr_float().getPointer(begin(t)))
        .toList();
  }
}
