package org.potstill.distill;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.TensorKernels;
import org.potstill.tensor.Tensors;

/** The kernel {@code trajectory} over lists of tensors. */
final class ParameterDistance {

  private final TensorKernels kernels;

  ParameterDistance(Kernels kernels) {
    this.kernels = new TensorKernels(kernels);
  }

  /**
   * {@code ||end - target||^2 / ||start - target||^2}.
   *
   * @param end where the student ended
   * @param gradients receives the derivative with respect to {@code end}
   */
  double of(List<String> names, Tensor[] end, ExpertSegment segment, Tensor[] gradients) {
    Tensor[] plain = new Tensor[end.length];
    for (int i = 0; i < end.length; i++) {
      plain[i] = end[i].detach().contiguous();
      gradients[i] = Tensors.empty(plain[i], Tensors.shape(plain[i]));
    }
    return kernels.trajectory(
        List.of(plain),
        listed(names, segment.target()),
        listed(names, segment.start()),
        List.of(gradients));
  }

  private static List<Tensor> listed(List<String> names, NamedTensors tensors) {
    return names.stream().map(tensors::get).toList();
  }
}
