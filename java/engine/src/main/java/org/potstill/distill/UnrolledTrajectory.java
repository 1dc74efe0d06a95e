package org.potstill.distill;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The form of the MTT paper: back-propagation through all steps of the student, so that images of a
 * step also count for what they change in later steps. Its memory grows with the number of steps.
 */
final class UnrolledTrajectory implements TrajectoryForm {

  private final Student student;
  private final ParameterDistance distance;
  private final int steps;

  UnrolledTrajectory(Student student, ParameterDistance distance, int steps) {
    this.student = student;
    this.distance = distance;
    this.steps = steps;
  }

  @Override
  public Result run(Tensor images, float rate, ExpertSegment segment, long iteration) {
    Tensor gradient = new Tensor();
    Result[] result = new Result[1];
    student.whole(
        () -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor leaf = images.detach().requires_grad_(true);
            Tensor rateLeaf = Tensors.of(images, new float[] {rate}, 1).requires_grad_(true);
            Tensor[] end = train(leaf, rateLeaf, segment, iteration);
            Tensor[] weights = new Tensor[end.length];
            double loss = distance.of(student.names(), end, segment, weights);
            Tensor[] found = Tensors.gradients(end, weights, new Tensor[] {leaf, rateLeaf});
            gradient.put(found[0]);
            result[0] = new Result(loss, gradient, found[1].item_double());
          }
        });
    return result[0];
  }

  private Tensor[] train(Tensor images, Tensor rate, ExpertSegment segment, long iteration) {
    NamedTensors state = student.copy(segment.start());
    try {
      for (int step = 0; step < steps; step++) {
        Tensor rows = Tensors.indices(images, student.rows(iteration, step));
        Tensor batch = torch.index_select(images, 0, rows);
        Tensor input = student.augmented(batch, iteration, step);
        Tensor[] moved =
            student.differentiableGradients(state, input, student.labels(input, iteration, step));
        Tensor[] before = student.parameters(state);
        for (int i = 0; i < moved.length; i++) {
          moved[i] = before[i].sub(moved[i].mul(rate));
        }
        state.close();
        state = student.state(moved);
      }
      Tensor[] end = student.parameters(state);
      for (int i = 0; i < end.length; i++) {
        end[i] = new Tensor(end[i]);
      }
      return end;
    } finally {
      state.close();
    }
  }
}
