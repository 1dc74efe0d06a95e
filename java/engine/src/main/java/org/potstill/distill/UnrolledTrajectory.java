package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.Sgd;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The form of the MTT paper: back-propagation through all steps of the student, so that images of a
 * step also count for what they change in later steps.
 *
 * <p>By the adjoint of the student's steps {@code theta_{t+1} = theta_t - rate g_t}: with {@code
 * lambda_T} the derivative of the distance with respect to the last parameters, going back from the
 * last step, {@code lambda_t = lambda_{t+1} - rate d<g_t, lambda_{t+1}>/d theta_t}, and the images
 * and the rate of a step receive {@code -rate d<g_t, lambda_{t+1}>/d images} and {@code -<g_t,
 * lambda_{t+1}>}. Kept are the parameters before every step. The maps of its pass are kept as far
 * as there is room, and made anew beyond that, one step's at a time.
 */
final class UnrolledTrajectory implements TrajectoryForm {

  private final Student student;
  private final ParameterDistance distance;
  private final int steps;
  private final long room;

  /**
   * A student's trajectory.
   *
   * @param room bytes that may be kept of its passes
   */
  UnrolledTrajectory(Student student, ParameterDistance distance, int steps, long room) {
    this.student = student;
    this.distance = distance;
    this.steps = steps;
    this.room = room;
  }

  @Override
  public Result run(Tensor images, float rate, ExpertSegment segment, long iteration) {
    List<NamedTensors> path = new ArrayList<>();
    StudentSteps all = new StudentSteps(student, images, iteration, room);
    Tensor gradient = torch.zeros_like(images);
    try (PointerScope passes = new PointerScope()) {
      path.add(student.copy(segment.start()));
      for (int step = 0; step < steps; step++) {
        all.keep(path.get(step), step);
        path.add(next(all, path.get(step), rate, step));
      }
      List<Tensor> end = student.parameters(path.get(steps));
      List<Tensor> lambda = StepDerivative.zeros(end);
      double loss = distance.of(student.names(), end, segment, lambda);
      // Read once, at the end: a GPU would wait for it after every step.
      Tensor products = Tensors.zeros(images).to(torch.ScalarType.Double);
      for (int step = steps - 1; step >= 0; step--) {
        try (PointerScope scope = new PointerScope()) {
          // The first parameters are the expert's, whatever the images.
          StepDerivative own = all.derivative(path.get(step), lambda, step > 0, step);
          gradient.index_add_(0, own.rows(), own.images(), new Scalar(-rate));
          products.add_(StepDerivative.product(own.gradients(), lambda));
          for (int i = 0; i < own.parameters().size(); i++) {
            lambda.get(i).sub_(own.parameters().get(i), new Scalar(rate));
          }
        }
      }
      return new Result(loss, gradient, -products.item_double());
    } finally {
      path.forEach(NamedTensors::close);
    }
  }

  /** The student after a step. */
  private NamedTensors next(StudentSteps all, NamedTensors state, float rate, int step) {
    NamedTensors moved = student.copy(state);
    try (PointerScope scope = new PointerScope();
        Sgd sgd = new Sgd(0, 0)) {
      List<Tensor> gradients = all.gradients(state, step);
      sgd.step(moved, student.names(), gradients.toArray(Tensor[]::new), rate);
      return moved;
    } catch (RuntimeException | Error e) {
      moved.close();
      throw e;
    }
  }
}
