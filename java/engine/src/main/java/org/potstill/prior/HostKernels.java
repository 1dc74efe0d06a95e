package org.potstill.prior;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;

/** Tensors in host memory as kernels take them. */
public final class HostKernels {

  private HostKernels() {}

  /**
   * Whether {@code kernels} can work on the memory of {@code tensor}.
   *
   * @param kernels may be null, which takes nothing
   */
  public static boolean take(Kernels kernels, Tensor tensor) {
    return kernels != null
        && !kernels.onDevice()
        && tensor.is_cpu()
        && tensor.scalar_type().intern() == torch.ScalarType.Float;
  }

  /** The values of a float32 tensor in their order; it lives as long as the caller's scope. */
  static FloatPointer floats(Tensor tensor) {
    return tensor.detach().contiguous().data_ptr_float();
  }

  /**
   * A filter.
   *
   * @param taps (taps), (rows, columns), or null for none
   */
  static FirFilter filter(Tensor taps) {
    if (taps == null) {
      return FirFilter.NONE;
    }
    return taps.dim() == 1
        ? FirFilter.separable(floats(taps), (int) taps.size(0))
        : FirFilter.matrix(floats(taps), (int) taps.size(0), (int) taps.size(1));
  }
}
