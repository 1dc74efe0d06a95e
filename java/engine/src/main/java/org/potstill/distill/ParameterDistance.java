package org.potstill.distill;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/** The kernel {@code trajectory} over lists of tensors. */
final class ParameterDistance {

  private final Kernels kernels;

  ParameterDistance(Kernels kernels) {
    this.kernels = kernels;
  }

  /**
   * {@code ||end - target||^2 / ||start - target||^2}.
   *
   * @param end where the student ended
   * @param gradients receives the derivative with respect to {@code end}
   */
  double of(List<String> names, Tensor[] end, ExpertSegment segment, Tensor[] gradients) {
    Tensor[] plain = new Tensor[end.length];
    long[] sizes = new long[end.length];
    for (int i = 0; i < end.length; i++) {
      plain[i] = end[i].detach().contiguous();
      sizes[i] = plain[i].numel();
      gradients[i] = torch.empty(Tensors.shape(plain[i]));
    }
    return kernels.trajectory(
        sizes,
        pointers(plain),
        pointers(names, segment.target()),
        pointers(names, segment.start()),
        pointers(gradients));
  }

  private static List<FloatPointer> pointers(Tensor[] tensors) {
    return Arrays.stream(tensors).map(Tensor::data_ptr_float).toList();
  }

  private static List<FloatPointer> pointers(List<String> names, NamedTensors tensors) {
    return names.stream().map(name -> tensors.get(name).data_ptr_float()).toList();
  }
}
