package org.potstill.score;

import org.potstill.run.EpochFigures;
import org.potstill.run.RunContext;

/** Figures and progress of scorers that are trained side by side, one report at a time. */
final class FoldReports {

  private final RunContext context;
  private final EpochFigures figures;
  private final long steps;
  private final long images;
  private long stepsDone;
  private long imagesDone;

  /**
   * Reports of a scoring.
   *
   * @param folds in all; figures of others are of an earlier scoring and are dropped
   * @param epochs of each training
   * @param steps of all trainings together
   * @param images to be scored
   */
  FoldReports(RunContext context, int folds, int epochs, long steps, long images) {
    this.context = context;
    this.steps = steps;
    this.images = images;
    figures = new EpochFigures(context, ScoreStage.NAME, epochs);
    figures.keepOnly(fold -> fold < folds);
  }

  /** A fold goes on after so many of its epochs and steps. */
  synchronized void goesOn(int fold, long epochsDone, long stepsOfFold) {
    stepsDone += stepsOfFold;
    figures.goesOn(fold, epochsDone);
  }

  /** A step of a training is done. */
  synchronized void step() {
    stepsDone++;
    context.listener().progress(ScoreStage.NAME, "training scorers", stepsDone, steps, "steps");
  }

  /** The figures of an epoch of a fold. */
  synchronized void epoch(int fold, long epochsDone, double loss, double seconds) {
    figures.add(fold, epochsDone, loss, seconds);
  }

  /** Some images of a fold have their losses; told when no training goes on beside it. */
  synchronized void scored(int count) {
    imagesDone += count;
    if (stepsDone == steps) {
      context.listener().progress(ScoreStage.NAME, "scoring", imagesDone, images, "images");
    }
  }

  synchronized void warn(String message) {
    context.listener().warning(ScoreStage.NAME, message);
  }
}
