package org.potstill.config;

/**
 * Section {@code distill}.
 *
 * @param method what is matched
 * @param space what is optimised
 * @param imagesPerClass synthetic images per class (IPC)
 * @param iterations in all
 * @param batchReal real images per class and step; a smaller class gives all it has
 * @param init what the images start from
 * @param network the network that distils
 * @param augment DSA strategy, operations joined by {@code _}; empty for none
 * @param learningRate of the images
 * @param momentum of the images
 * @param loops where the two numbers came from: {@code once} or {@code dc-paper}
 * @param outerLoops updates of the images per iteration (gradient matching)
 * @param innerLoops training epochs of the network between two of them (gradient matching)
 * @param networkLearningRate of that training
 * @param distance between gradients: {@code layerwise}, {@code mse} or {@code cos}
 * @param precision of the real images' features or gradients: {@code f32}, {@code tf32} or {@code
 *     bf16}
 * @param prior the generator of a latent space; null in pixel space
 * @param trajectory how trajectories are matched
 * @param checkpointEvery iterations between two checkpoints
 * @param logEvery iterations between two lines of {@code metrics.jsonl}
 */
public record DistillConfig(
    Method method,
    Space space,
    int imagesPerClass,
    int iterations,
    int batchReal,
    Init init,
    NetworkConfig network,
    String augment,
    double learningRate,
    double momentum,
    String loops,
    int outerLoops,
    int innerLoops,
    double networkLearningRate,
    String distance,
    String precision,
    PriorConfig prior,
    TrajectoryConfig trajectory,
    int checkpointEvery,
    int logEvery) {

  /** The same that follows experts from their first epoch alone. */
  DistillConfig fromFirstEpoch() {
    return new DistillConfig(
        method,
        space,
        imagesPerClass,
        iterations,
        batchReal,
        init,
        network,
        augment,
        learningRate,
        momentum,
        loops,
        outerLoops,
        innerLoops,
        networkLearningRate,
        distance,
        precision,
        prior,
        trajectory.fromFirstEpoch(),
        checkpointEvery,
        logEvery);
  }

  /** What is matched between real and synthetic images. */
  public enum Method {
    /** Distribution matching: class means of features. */
    DM,
    /** Gradient matching (Dataset Condensation). */
    DC,
    /** Trajectory matching. */
    MTT
  }

  /** What is optimised. */
  public enum Space {
    /** The pixels themselves. */
    PIXEL,
    /** Codes and features of a StyleGAN-XL generator. */
    GLAD,
    /** Latents and condition of a latent diffusion model. */
    LD3M
  }

  /** What the synthetic images start from. */
  public enum Init {
    /** Images of the core-set. */
    REAL,
    /** Standard normal noise. */
    NOISE
  }
}
