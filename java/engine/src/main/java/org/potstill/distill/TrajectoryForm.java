package org.potstill.distill;

import org.bytedeco.pytorch.Tensor;

/** How the distance of trajectories is differentiated. */
interface TrajectoryForm {

  /**
   * Trains the student and compares where it ends.
   *
   * @param images (M, C, H, W), no autograd history
   * @param rate the student's learning rate
   */
  Result run(Tensor images, float rate, ExpertSegment segment, long iteration);

  /**
   * What was found, in the caller's scope.
   *
   * @param loss normalised squared distance of the parameters
   * @param imageGradient with respect to the images
   * @param rateGradient with respect to the learning rate
   */
  record Result(double loss, Tensor imageGradient, double rateGradient) {}
}
