package org.potstill.prior;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.FirFilter;
import org.potstill.kernels.Kernels;

/** Tensors as kernels take them: those of the host in host memory, those of a GPU in its memory. */
public final class KernelTensors {

  /** Taps in a direction that a GPU's kernels take whatever else is asked of them. */
  private static final int TAPS_ON_DEVICE = 32;

  private KernelTensors() {}

  /**
   * Whether {@code kernels} can work on the memory of {@code tensor}.
   *
   * @param kernels may be null, which takes nothing
   */
  public static boolean take(Kernels kernels, Tensor tensor) {
    return kernels != null
        && (kernels.onDevice() ? tensor.is_cuda() : tensor.is_cpu())
        && tensor.scalar_type().intern() == torch.ScalarType.Float;
  }

  /**
   * Whether {@code kernels}, which {@link #take} the images, take this filter too.
   *
   * @param taps (taps), (rows, columns), or null for none
   */
  static boolean takeFilter(Kernels kernels, Tensor taps) {
    if (taps == null) {
      return true;
    }
    long longest = Math.max(taps.size(0), taps.size(-1));
    return take(kernels, taps) && (!kernels.onDevice() || longest <= TAPS_ON_DEVICE);
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
