package org.potstill.distill;

import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * Trajectory matching (Cazenavette et al., "Dataset Distillation by Matching Training
 * Trajectories", 2022, eq. 2): a student trained on the synthetic images for some steps should end
 * where an expert, trained on real ones, is after some epochs. The student's learning rate is
 * learned along.
 */
public final class TrajectoryMatching implements Distiller {

  private static final String RATE = "rate";
  private static final String VELOCITY = "velocity";

  private final Settings settings;
  private final ExpertSource experts;
  private final Student student;
  private final TrajectoryForm form;
  private ExpertSegment segment;
  private long iteration;
  // Kept in float32, as a checkpoint holds them, so that a resumed run goes on from the same
  // values.
  private float rate;
  private float velocity;

  /** How the distance is differentiated. */
  public enum Form {
    /** Through all steps, as in the MTT paper. */
    UNROLLED,
    /** Step by step, the parameters before a step being constants; as in the pruning paper. */
    CONSTANT_MEMORY
  }

  /**
   * The student's training.
   *
   * @param form how the distance is differentiated
   * @param steps of the student
   * @param batchSynthetic images per step; 0 takes all
   * @param imagesPerClass synthetic images per class
   * @param learningRate that the student starts with
   * @param rateLearningRate at which that rate is learned
   * @param rateMomentum with which it is learned
   */
  public record Settings(
      Form form,
      int steps,
      int batchSynthetic,
      int imagesPerClass,
      double learningRate,
      double rateLearningRate,
      double rateMomentum) {}

  /**
   * A distiller.
   *
   * @param experts closed with the distiller
   */
  public TrajectoryMatching(
      Network network,
      ExpertSource experts,
      Kernels kernels,
      SiameseAugmentation augmentation,
      Settings settings,
      long seed) {
    this(
        network,
        experts,
        kernels,
        augmentation,
        settings,
        StudentBatches.shuffled(
            network.classes() * settings.imagesPerClass(), settings.batchSynthetic(), seed),
        KeptPasses.usualRoom(),
        seed);
  }

  /** Bytes that are taken at most, on the CPU, for steps that are kept for their derivative. */
  public static long mostKept() {
    return KeptPasses.usualRoom();
  }

  /** A distiller with batches of the caller's that keeps so many bytes of passes. */
  TrajectoryMatching(
      Network network,
      ExpertSource experts,
      Kernels kernels,
      SiameseAugmentation augmentation,
      Settings settings,
      StudentBatches batches,
      long room,
      long seed) {
    this.settings = settings;
    this.experts = experts;
    this.rate = (float) settings.learningRate();
    this.student = new Student(network, augmentation, batches, settings.imagesPerClass(), seed);
    ParameterDistance distance = new ParameterDistance(kernels);
    this.form =
        switch (settings.form()) {
          case UNROLLED -> new UnrolledTrajectory(student, distance, settings.steps(), room);
          case CONSTANT_MEMORY ->
              new ConstantMemoryTrajectory(student, distance, settings.steps(), room);
        };
  }

  @Override
  public void heed(CancellationToken cancellation) {
    student.heed(cancellation);
  }

  @Override
  public int stepsPerIteration() {
    return 1;
  }

  @Override
  public void begin(long newIteration) {
    closeSegment();
    iteration = newIteration;
    segment = experts.segment(newIteration);
  }

  /** Also moves the learning rate, by SGD with momentum. */
  @Override
  public MatchingStep step(Tensor images, int step) {
    TrajectoryForm.Result result = run(images);
    velocity = (float) (settings.rateMomentum() * velocity + result.rateGradient());
    rate = (float) (rate - settings.rateLearningRate() * velocity);
    return new MatchingStep(result.loss(), result.imageGradient());
  }

  /** Loss and gradients, without moving the learning rate. */
  TrajectoryForm.Result run(Tensor images) {
    return form.run(images, rate, segment, iteration);
  }

  @Override
  public OptionalDouble learnedRate() {
    return OptionalDouble.of(rate);
  }

  @Override
  public NamedTensors saveState() {
    NamedTensors state = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      state.put(RATE, Tensors.of(new float[] {rate}, 1));
      state.put(VELOCITY, Tensors.of(new float[] {velocity}, 1));
    }
    return state;
  }

  @Override
  public void restoreState(NamedTensors state) {
    rate = Tensors.toFloats(state.get(RATE))[0];
    velocity = Tensors.toFloats(state.get(VELOCITY))[0];
  }

  private void closeSegment() {
    if (segment != null) {
      segment.close();
      segment = null;
    }
  }

  @Override
  public void close() {
    closeSegment();
    student.close();
    experts.close();
  }
}
