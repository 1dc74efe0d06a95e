package org.potstill.benchmarks;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * Normalised parameter distance with its gradient against the tensor expression, which LibTorch
 * computes on one flat vector, the kernel on a list of tensors over the same memory.
 */
final class TrajectoryCase implements KernelCase {

  private final int size;
  private final Tensor theta;
  private final Tensor target;
  private final Tensor start;
  private final Tensor slope;
  private final long[] sizes;
  private final List<List<FloatPointer>> lists;
  private double loss;

  TrajectoryCase(Placement place, int size) {
    this.size = size;
    theta = Inputs.normal(place, 1, size);
    target = Inputs.normal(place, 2, size);
    start = Inputs.normal(place, 3, size);
    slope = Inputs.normal(place, 4, size);
    LayerSizes layers = new LayerSizes(size);
    sizes = layers.sizes();
    lists = Stream.of(theta, target, start, slope).map(layers::pointers).toList();
    theta.requires_grad_(true);
  }

  @Override
  public String name() {
    return "trajectory " + size + " parameters";
  }

  @Override
  public double target() {
    return 2;
  }

  @Override
  public double targetOnGpu() {
    return 1;
  }

  @Override
  public long bytes() {
    return 4L * 6 * size;
  }

  @Override
  public void ours(Kernels kernels) {
    loss = kernels.trajectory(sizes, lists.get(0), lists.get(1), lists.get(2), lists.get(3));
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      Tensors.gradients(reference(), null, new Tensor[] {theta}, false);
    }
  }

  private Tensor reference() {
    long sum = 2; // Reduction::Sum
    return torch.mse_loss(theta, target, sum).div(torch.mse_loss(start, target, sum));
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    try (PointerScope scope = new PointerScope()) {
      Tensor expected = reference();
      Tensor wanted = Tensors.gradients(expected, null, new Tensor[] {theta}, false)[0];
      Inputs.requireClose("loss", expected.item_double(), loss);
      Inputs.requireClose("gradient", Tensors.toFloats(wanted), Tensors.toFloats(slope));
    }
  }
}
