package org.potstill.config;

/**
 * Trajectory matching ({@code distill.trajectory}).
 *
 * @param form how the distance is differentiated
 * @param steps of the student
 * @param batchSynthetic synthetic images per step; 0 takes all
 * @param expertEpochs of the expert that the student's steps are to equal
 * @param maxStartEpoch the expert's epoch to start from is drawn below it
 * @param learningRate that the student starts with
 * @param rateLearningRate at which that rate is learned
 * @param rateMomentum with which it is learned
 */
public record TrajectoryConfig(
    Form form,
    int steps,
    int batchSynthetic,
    int expertEpochs,
    int maxStartEpoch,
    double learningRate,
    double rateLearningRate,
    double rateMomentum) {

  /** The same that follows experts from their first epoch alone. */
  TrajectoryConfig fromFirstEpoch() {
    return new TrajectoryConfig(
        form, steps, batchSynthetic, expertEpochs, 1, learningRate, rateLearningRate, rateMomentum);
  }

  /** How the distance is differentiated. */
  public enum Form {
    /** Through all steps, as in the paper of MTT; keeps a copy of the parameters for every step. */
    UNROLLED,
    /** Step by step, as in the published pruning code. */
    CONSTANT_MEMORY
  }
}
