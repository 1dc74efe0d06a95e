package org.potstill.distill;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.Sgd;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The form of the published pruning code, in the manner of TESLA (Cui et al. 2023): the student's
 * parameters at the beginning of every step count as constants, {@code theta_T = theta_0 - rate sum
 * g_t}, so that the gradient is a sum over steps and one step's graph is held at a time.
 *
 * <p>A first pass finds where the student ends, a second one differentiates step by step. What
 * images of a step change in later steps is left out; see the page on distillation.
 */
final class ConstantMemoryTrajectory implements TrajectoryForm {

  private final Student student;
  private final ParameterDistance distance;
  private final int steps;

  ConstantMemoryTrajectory(Student student, ParameterDistance distance, int steps) {
    this.student = student;
    this.distance = distance;
    this.steps = steps;
  }

  @Override
  public Result run(Tensor images, float rate, ExpertSegment segment, long iteration) {
    Tensor[] weights = new Tensor[student.names().size()];
    double loss;
    double rateGradient;
    try (NamedTensors state = student.copy(segment.start());
        Sgd sgd = new Sgd(0, 0)) {
      Tensor[] sums = train(images, rate, state, sgd, iteration);
      loss = distance.of(student.names(), student.parameters(state), segment, weights);
      rateGradient = -product(weights, sums);
    }
    Tensor gradient = torch.zeros_like(images);
    try (NamedTensors state = student.copy(segment.start());
        Sgd sgd = new Sgd(0, 0)) {
      for (int step = 0; step < steps; step++) {
        try (PointerScope scope = new PointerScope()) {
          addShare(images, rate, state, sgd, weights, gradient, iteration, step);
        }
      }
    }
    return new Result(loss, gradient, rateGradient);
  }

  /** Moves {@code state} to the end; returns the sums of the gradients. */
  private Tensor[] train(Tensor images, float rate, NamedTensors state, Sgd sgd, long iteration) {
    Tensor[] sums = student.parameters(state);
    for (int i = 0; i < sums.length; i++) {
      sums[i] = Tensors.zeros(sums[i], Tensors.shape(sums[i]));
    }
    for (int step = 0; step < steps; step++) {
      try (PointerScope scope = new PointerScope()) {
        Tensor rows = Tensors.indices(images, student.rows(iteration, step));
        Tensor batch = torch.index_select(images, 0, rows);
        Tensor[] gradients = student.gradients(state, batch, iteration, step, false);
        for (int i = 0; i < sums.length; i++) {
          sums[i].add_(gradients[i]);
        }
        sgd.step(state, student.names(), gradients, rate);
      }
    }
    return sums;
  }

  private static double product(Tensor[] a, Tensor[] b) {
    try (PointerScope scope = new PointerScope()) {
      Tensor sum = Tensors.zeros(a[0]).to(torch.ScalarType.Double);
      for (int i = 0; i < a.length; i++) {
        sum = sum.add(a[i].to(torch.ScalarType.Double).mul(b[i]).sum());
      }
      return sum.item_double();
    }
  }

  /** Adds a step's share in the gradient of the images and moves {@code state} on. */
  private void addShare(
      Tensor images,
      float rate,
      NamedTensors state,
      Sgd sgd,
      Tensor[] weights,
      Tensor gradient,
      long iteration,
      int step) {
    Tensor rows = Tensors.indices(images, student.rows(iteration, step));
    Tensor batch = torch.index_select(images, 0, rows).requires_grad_(true);
    Tensor[] gradients = student.gradients(state, batch, iteration, step, true);
    Tensor share = Tensors.gradients(gradients, weights, new Tensor[] {batch})[0];
    gradient.index_add_(0, rows, share, new Scalar(-rate));
    if (step < steps - 1) {
      sgd.step(state, student.names(), gradients, rate);
    }
  }
}
