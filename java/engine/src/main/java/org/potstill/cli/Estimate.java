package org.potstill.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.DistillConfig;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.PriorConfig;
import org.potstill.config.TrajectoryConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.DistillingNetwork;
import org.potstill.distill.MapPixels;
import org.potstill.distill.TrajectoryMatching;
import org.potstill.distill.Whitening;
import org.potstill.evaluate.EvaluationNeeds;
import org.potstill.experts.ExpertNeeds;
import org.potstill.net.StateEntry;
import org.potstill.prune.PruneStage;
import org.potstill.run.ByteSizes;
import org.potstill.score.ScoreStage;

/**
 * What a run needs, roughly, from its settings alone.
 *
 * @param lastingBytes what the run directory holds in the end
 * @param passingBytes on the disk besides, for a while
 * @param memoryBytes peak of the process on the CPU
 * @param gpuBytes peak in the memory of a GPU, where one is used; the process then takes little
 *     else
 * @param generator whether images go through a generator besides, in as many as fit half of all the
 *     memory there is
 */
record Estimate(
    long lastingBytes, long passingBytes, long memoryBytes, long gpuBytes, boolean generator) {

  private static final long FLOAT = 4;
  private static final long MEGABYTE = 1_000_000;
  private static final int SMALL = 64;
  private static final int SMALLEST_INPUT = 32;

  /** JVM and LibTorch before any image. */
  private static final long BASE = 700 * MEGABYTE;

  /** Report, logs, and the gallery and tables of a small data set. */
  private static final long PAGE = 8 * MEGABYTE;

  /** Pictures of a class in the gallery, of about so many bytes each. */
  private static final long GALLERY_OF_CLASS = 16 * 15_000;

  /** Of an image in the tables of scores and of the core-set. */
  private static final long LINES = 100;

  /**
   * Images, their gradient, their momenta and a copy, and images and momenta as they were before.
   */
  private static final long HELD_COPIES = 6;

  /** Checkpoints kept, each with images and momenta, and one being written. */
  private static final long CHECKPOINT_COPIES = 3 * 2L;

  /** Covariance, eigenvectors and what LAPACK works with, of eight bytes a value. */
  private static final long WHITENING_COPIES = 5 * 8L;

  /** The estimate for a configuration and the data set that it names, but for its experts. */
  static Estimate of(Config config, Dataset data) {
    Whitening.requireFit(config.data(), data);
    long images = (long) data.classNames().size() * config.distill().imagesPerClass();
    long set = images * bytes(data);
    int every = config.evaluate().every();
    long history = every == 0 ? 0 : config.distill().iterations() / every;
    long written = set * (2 + CHECKPOINT_COPIES + history);
    boolean scored = Potstill.stages(config).contains(ScoreStage.NAME);
    long matrix = whitening(config, data);
    // The scorer's checkpoints go when it is done, before anything else is written.
    long checkpoints = scored ? ScoreStage.checkpointBytes(config, data) : 0;
    long scoring = scored ? scoring(config, data) : 0;
    boolean trained = scored && config.score().from() == null && config.score().trained();
    long scoringOnCpu = trained ? ScoreStage.trainingBytes(config, data) : scoring;
    PriorConfig prior = config.distill().prior();
    long weights = prior == null || prior.weights() == null ? 0 : size(prior.weights());
    return new Estimate(
        Math.max(PAGE, scored ? galleryAndTables(data) : 0) + 2 * FLOAT * matrix + written,
        Math.max(0, checkpoints - written),
        BASE
            + HELD_COPIES * set
            + weights
            + 2 * FLOAT * matrix
            + Math.max(Math.max(scoringOnCpu, onCpu(config, data)), WHITENING_COPIES * matrix),
        HELD_COPIES * set + weights + Math.max(scoring, onGpu(config, data)),
        prior != null);
  }

  private static long galleryAndTables(Dataset data) {
    return data.classNames().size() * GALLERY_OF_CLASS + data.training().size() * LINES;
  }

  /** What the run directory grows to. */
  long diskBytes() {
    return lastingBytes + passingBytes;
  }

  /** The same where experts are trained too, one stage after the other. */
  Estimate withExperts(ExpertNeeds experts) {
    return new Estimate(
        lastingBytes + experts.diskBytes(),
        passingBytes,
        Math.max(memoryBytes, BASE + experts.memoryBytes()),
        Math.max(gpuBytes, experts.gpuBytes()),
        generator);
  }

  /** Of this run and {@code next} after it, both of which are kept. */
  Estimate then(Estimate next) {
    return new Estimate(
        lastingBytes + next.lastingBytes(),
        Math.max(passingBytes, next.passingBytes()),
        Math.max(memoryBytes, next.memoryBytes()),
        Math.max(gpuBytes, next.gpuBytes()),
        generator || next.generator());
  }

  /** Values of the matrix that images are whitened with, 0 where they are not. */
  private static long whitening(Config config, Dataset data) {
    if (config.data().whitening() == DataConfig.Whitening.NONE) {
      return 0;
    }
    long values = (long) data.channels() * data.resolution() * data.resolution();
    return values * values;
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
    int asked = config.score().trained() ? 0 : config.score().resolution();
    double side = asked == 0 ? Math.max(data.resolution(), SMALLEST_INPUT) : asked;
    double perImage =
        side <= SMALL ? 7 * Math.pow(side / SMALLEST_INPUT, 2) : 30 * Math.pow(side / 224, 2);
    // Without training only the activations of one layer are alive at a time.
    double kept = config.score().trained() ? 1 : 0.2;
    return (long) (config.score().batch() * perImage * kept * MEGABYTE);
  }

  /** Every stage keeps its images, and works on as many at a time as fit the caches. */
  private static long onCpu(Config config, Dataset data) {
    DistillConfig distill = config.distill();
    int synthetic = distill.imagesPerClass();
    long distilling =
        switch (distill.method()) {
          case DM ->
              plain(config, data, atOnce(config, data, distill.batchReal(), MapPixels.PLAIN))
                  + differentiated(config, data, atOnce(config, data, synthetic, MapPixels.ONCE));
          case DC ->
              plain(config, data, atOnce(config, data, distill.batchReal(), MapPixels.ONCE))
                  + differentiated(config, data, atOnce(config, data, synthetic, MapPixels.TWICE));
          case MTT ->
              path(config, data)
                  + keptSteps(config, data)
                  + differentiated(
                      config,
                      data,
                      atOnce(config, data, ofTrajectory(config, data), MapPixels.ONCE));
        };
    return Math.max(
        coreSet(config, data) + distilling,
        evaluated(config, data) + EvaluationNeeds.bytes(config, data, true));
  }

  /** Images of a part; all where batch norm has them know each other. */
  private static long atOnce(Config config, Dataset data, long count, long pixels) {
    long side = Math.max(data.resolution(), SMALLEST_INPUT);
    return config.distill().network().norm().equals("batch")
        ? count
        : Math.min(count, Math.max(1, pixels / (side * side)));
  }

  /** Every stage keeps its images there, and all classes are worked on together. */
  private static long onGpu(Config config, Dataset data) {
    DistillConfig distill = config.distill();
    int images = data.classNames().size() * distill.imagesPerClass();
    long distilling =
        distill.method() == Method.MTT
            ? path(config, data) + differentiated(config, data, ofTrajectory(config, data))
            : plain(config, data, distill.batchReal()) + differentiated(config, data, images);
    return Math.max(
        coreSet(config, data) + distilling,
        evaluated(config, data) + EvaluationNeeds.bytes(config, data, false));
  }

  private static long coreSet(Config config, Dataset data) {
    return PruneStage.expectedSize(config.prune(), data) * bytes(data);
  }

  /** Images that are tested on, and those of baselines. */
  private static long evaluated(Config config, Dataset data) {
    long images = data.test().size() + EvaluationNeeds.imagesOfBaselines(config, data);
    return images * bytes(data);
  }

  /** Of an image. */
  private static long bytes(Dataset data) {
    return (long) data.channels() * data.resolution() * data.resolution() * FLOAT;
  }

  /** The images of a step of the student. */
  private static long ofTrajectory(Config config, Dataset data) {
    TrajectoryConfig trajectory = config.distill().trajectory();
    long all = (long) data.classNames().size() * config.distill().imagesPerClass();
    long some = trajectory.batchSynthetic();
    return some == 0 ? all : Math.min(all, some);
  }

  /** Parameters of the student that are kept: before every step where all are gone back through. */
  private static long path(Config config, Dataset data) {
    TrajectoryConfig trajectory = config.distill().trajectory();
    if (trajectory.form() != TrajectoryConfig.Form.UNROLLED) {
      return 0;
    }
    long values =
        DistillingNetwork.of(config.distill().network(), data).state().stream()
            .mapToLong(StateEntry::size)
            .sum();
    return (trajectory.steps() + 1) * values * FLOAT;
  }

  /**
   * Steps of the student that are kept for their derivative: maps before and after norm and
   * pooling, with their gradients; each block has a quarter of the one before.
   */
  private static long keptSteps(Config config, Dataset data) {
    long images = config.distill().trajectory().steps() * ofTrajectory(config, data);
    return Math.min(TrajectoryMatching.mostKept(), images * layer(config, data) * 10 / 3);
  }

  /** Maps of images without gradients: those of a block are let go one after the other. */
  private static long plain(Config config, Dataset data, long images) {
    return 3 * images * layer(config, data);
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
        + ByteSizes.text(diskBytes())
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
