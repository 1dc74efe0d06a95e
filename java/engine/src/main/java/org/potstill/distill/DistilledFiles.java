package org.potstill.distill;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.config.Config;
import org.potstill.config.DistillConfig;
import org.potstill.data.Dataset;
import org.potstill.errors.RunFailedException;
import org.potstill.run.RunContext;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/** Writes the images of a distillation below {@code distilled/}. */
final class DistilledFiles {

  private final Config config;
  private final DistillConfig distill;
  private final Dataset data;
  private final Whitening whitening;
  private final RunContext context;
  private final String configHash;

  DistilledFiles(
      Config config, Dataset data, Whitening whitening, RunContext context, String configHash) {
    this.config = config;
    this.distill = config.distill();
    this.data = data;
    this.whitening = whitening;
    this.context = context;
    this.configHash = configHash;
  }

  /** Keeps what the images start from. */
  void writeInitial(Space space, Distiller distiller) {
    // Images of an earlier, longer or larger distillation would stand beside those of this one.
    context.directory().clear(DistilledSet.FOLDER);
    context.directory().clear(LatentsFile.HISTORY_FOLDER);
    context.directory().clear(LatentsFile.FILE);
    write(space, distiller, 0, DistilledSet.INITIAL_FILE);
  }

  /**
   * Keeps the images, and their latents, at the iterations that are evaluated.
   *
   * @throws RunFailedException where a learned rate cannot be used then, or at the end: before the
   *     checkpoint of that iteration is written
   */
  void keepHistory(Space space, Distiller distiller, long done) {
    int every = config.evaluate().every();
    boolean last = done == distill.iterations();
    boolean kept = every > 0 && (last || done % every == 0);
    if (last || kept) {
      requireRate(distiller, done);
    }
    if (kept) {
      write(space, distiller, done, DistilledSet.historyFile(done));
      writeLatents(space, distiller, done, LatentsFile.historyFile(done));
    }
  }

  /** Writes the images after the last iteration, as tensors and as pictures. */
  void writeResult(Space space, Distiller distiller) {
    write(space, distiller, distill.iterations(), DistilledSet.FILE);
    writeLatents(space, distiller, distill.iterations(), LatentsFile.FILE);
    try (DistilledSet set = set(space, distiller, distill.iterations())) {
      int total = (int) set.images().size(0);
      ImageFolder.write(
          set,
          context.directory().resolve(ImageFolder.FOLDER),
          done ->
              context
                  .listener()
                  .progress(DistillStage.NAME, "writing the pictures", done, total, "images"));
    }
  }

  private void writeLatents(Space space, Distiller distiller, long done, String file) {
    if (space instanceof LatentSpace latent) {
      LatentsFile.write(
          context.directory().resolve(file),
          latent,
          distill.imagesPerClass(),
          done,
          new LatentsFile.Computing(
              context.threads(),
              Placement.of(context.device()).kind(),
              config.run().deterministic()),
          description(distiller));
    }
  }

  private void write(Space space, Distiller distiller, long done, String file) {
    try (DistilledSet set = set(space, distiller, done)) {
      set.write(context.directory().resolve(file));
    }
  }

  /** The images after {@code done} iterations, as the next iteration would see them, normalised. */
  private DistilledSet set(Space space, Distiller distiller, long done) {
    try (PointerScope scope = new PointerScope()) {
      Tensor images = whitening.restore(space.images(done));
      long[] labels = new long[(int) images.size(0)];
      for (int i = 0; i < labels.length; i++) {
        labels[i] = i / distill.imagesPerClass();
      }
      Tensor labelTensor = Tensors.of(labels, labels.length);
      return DistilledSet.of(images, labelTensor, description(distiller));
    }
  }

  /** A rate that is not above 0 teaches nothing, and no network can be trained at it. */
  private void requireRate(Distiller distiller, long done) {
    double rate = distiller.learnedRate().orElse(1);
    if (!(rate > 0)) {
      throw new RunFailedException(
          "distillation: after iteration "
              + done
              + " the learned rate of the student is "
              + (float) rate
              + ", at which no network can be trained; the last checkpoint stays as it is. Lower"
              + " distill.trajectory.rate-learning-rate ("
              + distill.trajectory().rateLearningRate()
              + ") or raise distill.trajectory.learning-rate ("
              + distill.trajectory().learningRate()
              + ") and repeat the stage: engine.jar distill CONFIG --overwrite");
    }
  }

  private DistilledSet.Description description(Distiller distiller) {
    return new DistilledSet.Description(
        data.normalisation(),
        data.classNames(),
        data.classKeys(),
        DistillStage.word(distill.method()),
        DistillStage.word(distill.space()),
        Long.toString(context.seed()),
        configHash,
        distiller.learnedRate());
  }
}
