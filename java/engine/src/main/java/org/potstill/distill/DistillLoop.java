package org.potstill.distill;

import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.config.DistillConfig;
import org.potstill.errors.RunFailedException;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;

/** Iterates a distiller over a space, with checkpoints, figures and cancellation. */
final class DistillLoop {

  private final DistillConfig config;
  private final RunContext context;
  private final Space space;
  private final Distiller distiller;
  private final ImageOptimiser optimiser;
  private final DistillCheckpoint checkpoint;

  DistillLoop(
      DistillConfig config,
      RunContext context,
      Space space,
      Distiller distiller,
      ImageOptimiser optimiser,
      DistillCheckpoint checkpoint) {
    this.config = config;
    this.context = context;
    this.space = space;
    this.distiller = distiller;
    this.optimiser = optimiser;
    this.checkpoint = checkpoint;
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
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; a checkpoint
   *     was written
   */
  void run(long start, Observer observer) {
    for (long iteration = start; iteration < config.iterations(); iteration++) {
      long began = System.nanoTime();
      double loss = iterate(iteration);
      double seconds = (System.nanoTime() - began) / 1e9;
      long done = iteration + 1;
      boolean last = done == config.iterations();
      tell(done, loss, seconds, last);
      observer.iterated(done);
      boolean cancelled = context.cancellation().isCancelled();
      if (last || cancelled || done % config.checkpointEvery() == 0) {
        requireFiniteVariables(done);
        checkpoint.save(done, space, optimiser, distiller);
      }
      if (cancelled && !last) {
        context.cancellation().throwIfCancelled();
      }
    }
  }

  /** One iteration; returns its loss, the mean over the steps. */
  private double iterate(long iteration) {
    distiller.begin(iteration);
    int steps = distiller.stepsPerIteration();
    double loss = 0;
    for (int step = 0; step < steps; step++) {
      try (PointerScope scope = new PointerScope()) {
        MatchingStep matched = distiller.step(space.images(iteration), step);
        requireFinite(matched.loss(), "loss", iteration + 1, step);
        loss += matched.loss() / steps;
        try (NamedTensors gradients = space.pullBack(iteration, matched.gradient())) {
          optimiser.step(space, gradients);
        }
        if (distiller.watchesUpdates()) {
          distiller.updated(space.images(iteration), step);
        }
      }
    }
    return loss;
  }

  private void tell(long done, double loss, double seconds, boolean last) {
    if (last || done % config.logEvery() == 0) {
      context.directory().metrics().append(DistillStage.NAME, done, seconds, Map.of("loss", loss));
      context.listener().metric(DistillStage.NAME, done, "loss", loss);
    }
    context
        .listener()
        .progress(DistillStage.NAME, "distilling", done, config.iterations(), "iterations");
  }

  private void requireFiniteVariables(long done) {
    int last = distiller.stepsPerIteration() - 1;
    requireFinite(distiller.learnedRate().orElse(0), "learned rate of the student", done, last);
    try (PointerScope scope = new PointerScope()) {
      for (Tensor variable : space.variables().values()) {
        double finite = variable.isfinite().all().item_bool() ? 0 : Double.NaN;
        requireFinite(finite, "value of an image", done, last);
      }
    }
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
