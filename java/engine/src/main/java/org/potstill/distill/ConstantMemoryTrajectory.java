package org.potstill.distill;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.GradientPass;
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
    Tensor[] sums = zeros(student.parameters(state));
    for (int step = 0; step < steps; step++) {
      try (PointerScope scope = new PointerScope()) {
        Tensor rows = Tensors.indices(images, student.rows(iteration, step));
        Tensor batch = torch.index_select(images, 0, rows);
        Tensor input = student.augmented(batch, iteration, step);
        Tensor[] gradients =
            student.gradients(state, input, student.labels(input, iteration, step));
        for (int i = 0; i < sums.length; i++) {
          sums[i].add_(gradients[i]);
        }
        sgd.step(state, student.names(), gradients, rate);
      }
    }
    return sums;
  }

  private static Tensor[] zeros(Tensor[] like) {
    return Arrays.stream(like)
        .map(tensor -> Tensors.zeros(tensor, Tensors.shape(tensor)))
        .toArray(Tensor[]::new);
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
    Tensor input = student.augmented(batch, iteration, step);
    Tensor labels = student.labels(input, iteration, step);
    Tensor inputGradient = torch.empty_like(images.narrow(0, 0, input.size(0)));
    Tensor[] gradients = differentiate(state, input, labels, weights, inputGradient);
    Tensor share =
        Tensors.gradients(new Tensor[] {input}, new Tensor[] {inputGradient}, new Tensor[] {batch})[
            0];
    gradient.index_add_(0, rows, share, new Scalar(-rate));
    if (step < steps - 1) {
      sgd.step(state, student.names(), gradients, rate);
    }
  }

  /**
   * The gradients of a step and, into {@code inputGradient}, the derivative of their product with
   * {@code weights} for the augmented images; in parts that fit the caches and the memory, since
   * both are sums over images.
   */
  private Tensor[] differentiate(
      NamedTensors state, Tensor input, Tensor labels, Tensor[] weights, Tensor inputGradient) {
    Tensor[] sums = zeros(weights);
    Tensor plain = input.detach();
    long count = plain.size(0);
    student.each(
        plain,
        (from, to) -> {
          int some = to - from;
          try (PointerScope scope = new PointerScope()) {
            Tensor part = plain.narrow(0, from, some);
            GradientPass own =
                student.gradientPass(state, part, labels.narrow(0, from, some), count);
            inputGradient.narrow(0, from, some).copy_(own.inputDerivative(List.of(weights)));
            Tensors.addTo(List.of(sums), own.gradients(), 1);
          }
        });
    return sums;
  }
}
