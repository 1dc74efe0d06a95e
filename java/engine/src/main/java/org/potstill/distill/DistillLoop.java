package org.potstill.distill;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.DistillConfig;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;

/** Iterates a distiller over a space, with checkpoints, figures and cancellation. */
final class DistillLoop {

  /** Of long iterations, not too many are to be lost where the process is killed: five minutes. */
  private static final long NANOS_BETWEEN_CHECKPOINTS = 300_000_000_000L;

  private final DistillConfig config;
  private final RunContext context;
  private final Space space;
  private final Distiller distiller;
  private final ImageOptimiser optimiser;
  private final DistillCheckpoint checkpoint;
  private final long nanosBetweenCheckpoints;

  DistillLoop(
      DistillConfig config,
      RunContext context,
      Space space,
      Distiller distiller,
      ImageOptimiser optimiser,
      DistillCheckpoint checkpoint) {
    this(config, context, space, distiller, optimiser, checkpoint, NANOS_BETWEEN_CHECKPOINTS);
  }

  /** The same that writes a checkpoint at the latest after so many nanoseconds. */
  DistillLoop(
      DistillConfig config,
      RunContext context,
      Space space,
      Distiller distiller,
      ImageOptimiser optimiser,
      DistillCheckpoint checkpoint,
      long nanosBetweenCheckpoints) {
    this.config = config;
    this.context = context;
    this.space = space;
    this.distiller = distiller;
    this.optimiser = optimiser;
    this.checkpoint = checkpoint;
    this.nanosBetweenCheckpoints = nanosBetweenCheckpoints;
    distiller.heed(context.cancellation());
    space.heed(context.cancellation());
  }

  /** Hears of the images after every iteration. */
  interface Observer {
    /**
     * An iteration was done.
     *
     * @param done iterations so far
     */
    void iterated(long done);
  }

  /**
   * Iterates from {@code start} to the end.
   *
   * @param start iterations done before
   * @throws RunFailedException where the loss or a variable is no longer finite; the last
   *     checkpoint stays
   * @throws RunCancelledException where the run was asked to stop; there is a checkpoint of all
   *     whole iterations
   */
  void run(long start, Observer observer) {
    // With thousands of classes it is minutes until the first one is done.
    tellProgress(start * distiller.stepsPerIteration(), distiller.stepsPerIteration());
    long saved = start;
    long savedAt = System.nanoTime();
    for (long iteration = start; iteration < config.iterations(); iteration++) {
      try (NamedTensors begun = DistillCheckpoint.copy(space, optimiser, distiller)) {
        try {
          iterate(iteration, observer);
        } catch (RunCancelledException e) {
          if (iteration > saved) {
            save(iteration, begun);
          }
          throw e;
        }
      }
      long done = iteration + 1;
      boolean last = done == config.iterations();
      boolean cancelled = context.cancellation().isCancelled();
      boolean isTime = System.nanoTime() - savedAt >= nanosBetweenCheckpoints;
      if (last || cancelled || isTime || done % config.checkpointEvery() == 0) {
        try (NamedTensors state = DistillCheckpoint.copy(space, optimiser, distiller)) {
          save(done, state);
        }
        saved = done;
        savedAt = System.nanoTime();
      }
      // Asked later, it is answered within the next iteration, which knows what is not saved yet.
      if (cancelled && !last) {
        context.cancellation().throwIfCancelled();
      }
    }
  }

  /** One iteration; its loss is the mean over the steps. */
  private void iterate(long iteration, Observer observer) {
    long began = System.nanoTime();
    distiller.begin(iteration);
    int steps = distiller.stepsPerIteration();
    double loss = 0;
    for (int step = 0; step < steps; step++) {
      loss += step(iteration, step) / steps;
      tellProgress(iteration * steps + step + 1, steps);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    tellLoss(iteration + 1, loss, seconds);
    observer.iterated(iteration + 1);
  }

  /** One update of the images; returns the loss before it. */
  private double step(long iteration, int step) {
    try (PointerScope scope = new PointerScope()) {
      MatchingStep matched = distiller.step(space.images(iteration), step);
      requireFinite(matched.loss(), "loss", iteration + 1, step);
      try (NamedTensors gradients = space.pullBack(iteration, matched.gradient())) {
        optimiser.step(space, gradients);
      }
      if (distiller.watchesUpdates(step)) {
        distiller.updated(space.images(iteration), step);
      }
      return matched.loss();
    }
  }

  private void tellProgress(long done, int perIteration) {
    String unit = perIteration == 1 ? "iterations" : "steps";
    context
        .listener()
        .progress(
            DistillStage.NAME, "distilling", done, (long) config.iterations() * perIteration, unit);
  }

  private void tellLoss(long done, double loss, double seconds) {
    if (done == config.iterations() || done % config.logEvery() == 0) {
      context.directory().metrics().append(DistillStage.NAME, done, seconds, Map.of("loss", loss));
      context.listener().metric(DistillStage.NAME, done, "loss", loss);
    }
  }

  private void save(long done, NamedTensors state) {
    int last = distiller.stepsPerIteration() - 1;
    try (PointerScope scope = new PointerScope()) {
      for (String name : state.names()) {
        double finite = state.get(name).isfinite().all().item_bool() ? 0 : Double.NaN;
        boolean isRate = DistillCheckpoint.isOfDistiller(name);
        requireFinite(
            finite, isRate ? "learned rate of the student" : "value of an image", done, last);
      }
    }
    checkpoint.save(done, state);
  }

  private void requireFinite(double value, String what, long done, int step) {
    if (!Double.isFinite(value)) {
      int steps = distiller.stepsPerIteration();
      boolean learnsRate = config.method() == DistillConfig.Method.MTT;
      throw new RunFailedException(
          "distillation diverged: at iteration "
              + done
              + (steps == 1 ? "" : ", step " + (step + 1) + " of " + steps + ",")
              + " the "
              + what
              + " is no longer finite; the last checkpoint stays as it is. Lower"
              + " distill.learning-rate ("
              + config.learningRate()
              + ")"
              + (learnsRate ? " or distill.trajectory.rate-learning-rate" : "")
              + " and repeat the stage: engine.jar distill CONFIG --overwrite");
    }
  }
}
