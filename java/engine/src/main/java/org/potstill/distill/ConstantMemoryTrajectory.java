package org.potstill.distill;

import java.util.List;
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
 * <p>A first pass finds where the student ends, a second one differentiates step by step. From one
 * to the other steps are kept as far as there is room, the same for any number of steps. What
 * images of a step change in later steps is left out; see the page on distillation.
 */
final class ConstantMemoryTrajectory implements TrajectoryForm {

  private final Student student;
  private final ParameterDistance distance;
  private final int steps;
  private final long room;

  /**
   * A student's trajectory.
   *
   * @param room bytes that may be kept of its passes
   */
  ConstantMemoryTrajectory(Student student, ParameterDistance distance, int steps, long room) {
    this.student = student;
    this.distance = distance;
    this.steps = steps;
    this.room = room;
  }

  @Override
  public Result run(Tensor images, float rate, ExpertSegment segment, long iteration) {
    Tensor gradient = torch.zeros_like(images);
    StudentSteps all = new StudentSteps(student, images, iteration, room);
    try (PointerScope passes = new PointerScope();
        NamedTensors state = student.copy(segment.start());
        Sgd sgd = new Sgd(0, 0)) {
      List<Tensor> sums = train(all, state, sgd, rate);
      List<Tensor> weights = StepDerivative.zeros(student.parameters(state));
      double loss = distance.of(student.names(), student.parameters(state), segment, weights);
      double rateGradient = -StepDerivative.product(weights, sums).item_double();
      // Kept passes look at the state that they were made with.
      student.names().forEach(name -> state.get(name).detach().copy_(segment.start().get(name)));
      for (int step = 0; step < steps; step++) {
        try (PointerScope scope = new PointerScope()) {
          StepDerivative own = all.derivative(state, weights, false, step);
          gradient.index_add_(0, own.rows(), own.images(), new Scalar(-rate));
          if (step < steps - 1) {
            move(state, sgd, own.gradients(), rate);
          }
        }
      }
      return new Result(loss, gradient, rateGradient);
    }
  }

  /** Moves {@code state} to the end; returns the sums of the gradients. */
  private List<Tensor> train(StudentSteps all, NamedTensors state, Sgd sgd, float rate) {
    List<Tensor> sums = StepDerivative.zeros(student.parameters(state));
    for (int step = 0; step < steps; step++) {
      all.keep(state, step);
      try (PointerScope scope = new PointerScope()) {
        List<Tensor> gradients = all.gradients(state, step);
        Tensors.addTo(sums, gradients, 1);
        move(state, sgd, gradients, rate);
      }
    }
    return sums;
  }

  private void move(NamedTensors state, Sgd sgd, List<Tensor> gradients, float rate) {
    sgd.step(state, student.names(), gradients.toArray(Tensor[]::new), rate);
  }
}
