package org.potstill.benchmarks;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.SgdRule;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * A step of SGD with momentum and weight decay over a list of tensors, against LibTorch's operators
 * on the same list. Every call goes on from where the last one left the parameters.
 */
final class SgdCase implements HostCase {

  /** So small that parameters stay what they are over all calls. */
  private static final double RATE = 1e-6;

  private static final double MOMENTUM = 0.9;
  private static final double DECAY = 5e-4;
  private static final SgdRule RULE = new SgdRule(RATE, MOMENTUM, DECAY);

  private final int size;
  private final LayerSizes layers;
  private final long[] sizes;
  private final List<List<FloatPointer>> lists;
  private final Moved ours;
  private final Moved theirs;

  /** Parameters, gradients and velocities: one flat tensor each, cut into a list. */
  private record Moved(Tensor parameters, Tensor gradients, Tensor velocities) {

    static Moved of(Placement place, int size) {
      return new Moved(
          Inputs.normal(place, 1, size),
          Inputs.normal(place, 2, size),
          Inputs.normal(place, 3, size));
    }
  }

  SgdCase(Placement place, int size) {
    this.size = size;
    ours = Moved.of(place, size);
    theirs = Moved.of(place, size);
    layers = new LayerSizes(size);
    sizes = layers.sizes();
    lists =
        Stream.of(ours.parameters(), ours.gradients(), ours.velocities())
            .map(layers::pointers)
            .toList();
  }

  @Override
  public String name() {
    return "sgd " + size + " parameters";
  }

  @Override
  public double target() {
    return 1.5;
  }

  @Override
  public long bytes() {
    return 4L * 5 * size;
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.sgd(RULE, sizes, lists.get(0), lists.get(1), lists.get(2));
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope()) {
      for (int t = 0; t < LayerSizes.TENSORS; t++) {
        Tensor parameter = theirs.parameters().narrow(0, layers.begin(t), layers.size(t));
        Tensor gradient = theirs.gradients().narrow(0, layers.begin(t), layers.size(t));
        Tensor velocity = theirs.velocities().narrow(0, layers.begin(t), layers.size(t));
        velocity.mul_(new Scalar(MOMENTUM)).add_(gradient.add(parameter, new Scalar(DECAY)));
        parameter.add_(velocity, new Scalar(-RATE));
      }
    }
  }

  @Override
  public void check(Kernels kernels) {
    theirs.parameters().copy_(ours.parameters());
    theirs.velocities().copy_(ours.velocities());
    ours(kernels);
    libtorch();
    requireSame("parameters", theirs.parameters(), ours.parameters());
    requireSame("velocities", theirs.velocities(), ours.velocities());
  }

  private static void requireSame(String what, Tensor expected, Tensor found) {
    Inputs.requireClose(what, Tensors.toFloats(expected), Tensors.toFloats(found));
  }
}
