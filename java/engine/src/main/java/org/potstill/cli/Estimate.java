package org.potstill.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.config.Config;
import org.potstill.config.DistillConfig;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.PriorConfig;
import org.potstill.config.TrajectoryConfig;
import org.potstill.data.Dataset;
import org.potstill.experts.ExpertNeeds;
import org.potstill.prune.PruneStage;
import org.potstill.run.ByteSizes;

/**
 * What a run needs, roughly, from its settings alone.
 *
 * @param diskBytes what the run directory grows to
 * @param memoryBytes peak of the process on the CPU
 * @param gpuBytes peak in the memory of a GPU, where one is used; the process then takes little
 *     else
 * @param generator whether images go through a generator besides, in as many as fit half of all the
 *     memory there is
 */
record Estimate(long diskBytes, long memoryBytes, long gpuBytes, boolean generator) {

  private static final long FLOAT = 4;
  private static final long MEGABYTE = 1_000_000;
  private static final int SMALL = 64;
  private static final int SMALLEST_INPUT = 32;

  /** JVM and LibTorch before any image. */
  private static final long BASE = 700 * MEGABYTE;

  /** Report, gallery, logs. */
  private static final long PAGE = 8 * MEGABYTE;

  /** Checkpoints kept, each with images and momenta, and one being written. */
  private static final long CHECKPOINT_COPIES = 3 * 2L;

  /** The estimate for a configuration and the data set that it names, but for its experts. */
  static Estimate of(Config config, Dataset data) {
    long pixels = (long) data.channels() * data.resolution() * data.resolution();
    long images = (long) data.classNames().size() * config.distill().imagesPerClass();
    long set = images * pixels * FLOAT;
    int every = config.evaluate().every();
    long history = every == 0 ? 0 : config.distill().iterations() / every;
    long disk = set * (2 + CHECKPOINT_COPIES + history) + PAGE;
    long memory = Math.max(scoring(config, data), distilling(config, data));
    PriorConfig prior = config.distill().prior();
    long weights = prior == null || prior.weights() == null ? 0 : size(prior.weights());
    return new Estimate(
        disk,
        BASE + 4 * set + memory + weights,
        4 * set + onGpu(config, data) + weights,
        prior != null);
  }

  /** The same where experts are trained too, one stage after the other. */
  Estimate withExperts(ExpertNeeds experts) {
    return new Estimate(
        diskBytes + experts.diskBytes(),
        Math.max(memoryBytes, BASE + experts.memoryBytes()),
        Math.max(gpuBytes, experts.gpuBytes()),
        generator);
  }

  /** 0 where it is not there, which others tell. */
  private static long size(Path weights) {
    try {
      return Files.size(weights);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Activations of ResNet-18: about 30 MB an image at 224 pixels, 7 MB in the form for 32. */
  private static long scoring(Config config, Dataset data) {
    if (config.score().from() != null) {
      return 0;
    }
    int asked = config.score().resolution();
    double side = asked == 0 ? Math.max(data.resolution(), SMALLEST_INPUT) : asked;
    double perImage =
        side <= SMALL ? 7 * Math.pow(side / SMALLEST_INPUT, 2) : 30 * Math.pow(side / 224, 2);
    // Without training only the activations of one layer are alive at a time.
    double kept = config.score().trained() ? 1 : 0.2;
    return (long) (config.score().batch() * perImage * kept * MEGABYTE);
  }

  /** Every stage keeps its images there, and all classes are worked on together. */
  private static long onGpu(Config config, Dataset data) {
    long pixels = (long) data.channels() * data.resolution() * data.resolution() * FLOAT;
    int classes = data.classNames().size();
    int images = classes * config.distill().imagesPerClass();
    long distilling =
        PruneStage.expectedSize(config.prune(), data) * pixels + distilling(config, data, images);
    int batch = Math.min(images, config.evaluate().batch());
    long evaluating = data.test().size() * pixels + differentiated(config, data, batch);
    return Math.max(scoring(config, data), Math.max(distilling, evaluating));
  }

  /** The synthetic images of one class after the other. */
  private static long distilling(Config config, Dataset data) {
    return distilling(config, data, config.distill().imagesPerClass());
  }

  /**
   * Real images without gradients, the synthetic ones with them; of trajectories those of a step,
   * or of all steps where the distance is differentiated through them.
   *
   * @param synthetic images that are worked on at once
   */
  private static long distilling(Config config, Dataset data, int synthetic) {
    DistillConfig distill = config.distill();
    if (distill.method() != Method.MTT) {
      return 3L * distill.batchReal() * layer(config, data)
          + differentiated(config, data, synthetic);
    }
    TrajectoryConfig trajectory = distill.trajectory();
    int all = data.classNames().size() * distill.imagesPerClass();
    int batch = trajectory.batchSynthetic() == 0 ? all : Math.min(all, trajectory.batchSynthetic());
    boolean unrolled = trajectory.form() == TrajectoryConfig.Form.UNROLLED;
    return differentiated(config, data, unrolled ? (long) batch * trajectory.steps() : batch);
  }

  /** A network's first map of an image. */
  private static long layer(Config config, Dataset data) {
    long side = Math.max(data.resolution(), SMALLEST_INPUT);
    return config.distill().network().width() * side * side * FLOAT;
  }

  /**
   * Maps of images that are differentiated, twice at most: convolution, norm, ReLU and pooling are
   * kept, there and back; each block has a quarter of the one before.
   */
  private static long differentiated(Config config, Dataset data, long images) {
    return 2 * images * layer(config, data) * 4 * 4 / 3;
  }

  /** For example {@code about 1.4 GB of memory, 12 MB of disk}. */
  String words() {
    return "about "
        + ByteSizes.text(memoryBytes)
        + " of memory, "
        + ByteSizes.text(diskBytes)
        + " of disk"
        + generatorWords();
  }

  /** For example {@code about 1.4 GB of its memory}. */
  String onGpuWords() {
    return "about " + ByteSizes.text(gpuBytes) + " of its memory" + generatorWords();
  }

  private String generatorWords() {
    return generator
        ? "; up to half of all memory besides for images that go through the generator"
            + " (distill.prior.chunk at a time at most)"
        : "";
  }
}
