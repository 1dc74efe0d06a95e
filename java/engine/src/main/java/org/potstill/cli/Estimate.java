package org.potstill.cli;

import org.potstill.config.Config;
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
 */
record Estimate(long diskBytes, long memoryBytes, long gpuBytes) {

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
    return new Estimate(disk, BASE + 4 * set + memory, 4 * set + onGpu(config, data));
  }

  /** The same where experts are trained too, one stage after the other. */
  Estimate withExperts(ExpertNeeds experts) {
    return new Estimate(
        diskBytes + experts.diskBytes(),
        Math.max(memoryBytes, BASE + experts.memoryBytes()),
        Math.max(gpuBytes, experts.gpuBytes()));
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
        PruneStage.expectedSize(config.prune(), data) * pixels + matching(config, data, images);
    int batch = Math.min(images, config.evaluate().batch());
    long evaluating = data.test().size() * pixels + matching(config, data, batch);
    return Math.max(scoring(config, data), Math.max(distilling, evaluating));
  }

  /** Real images without gradients, the synthetic ones of a class with them. */
  private static long distilling(Config config, Dataset data) {
    return matching(config, data, config.distill().imagesPerClass());
  }

  /**
   * Maps of a network.
   *
   * @param differentiated images with gradients
   */
  private static long matching(Config config, Dataset data, long differentiated) {
    long side = Math.max(data.resolution(), SMALLEST_INPUT);
    long layer = config.distill().network().width() * side * side * FLOAT;
    long real = 3L * config.distill().batchReal() * layer;
    // Convolution, norm, ReLU and pooling are kept; each block has a quarter of the one before.
    long synthetic = differentiated * layer * 4 * 4 / 3;
    return real + 2 * synthetic;
  }

  /** For example {@code about 1.4 GB of memory, 12 MB of disk}. */
  String words() {
    return "about "
        + ByteSizes.text(memoryBytes)
        + " of memory, "
        + ByteSizes.text(diskBytes)
        + " of disk";
  }

  /** For example {@code about 1.4 GB of its memory}. */
  String onGpuWords() {
    return "about " + ByteSizes.text(gpuBytes) + " of its memory";
  }
}
