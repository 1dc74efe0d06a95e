package org.potstill.distill;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.TensorKernels;

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
   * @param gradients filled with the derivative with respect to {@code end}
   */
  double of(List<String> names, List<Tensor> end, ExpertSegment segment, List<Tensor> gradients) {
    List<Tensor> plain = end.stream().map(tensor -> tensor.detach().contiguous()).toList();
    return kernels.trajectory(
        plain, listed(names, segment.target()), listed(names, segment.start()), gradients);
  }

  private static List<Tensor> listed(List<String> names, NamedTensors tensors) {
    return names.stream().map(tensors::get).toList();
  }
}
