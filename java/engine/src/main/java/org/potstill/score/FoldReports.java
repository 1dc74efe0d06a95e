package org.potstill.score;

import java.util.HashSet;
import java.util.Set;
import org.potstill.run.EpochFigures;
import org.potstill.run.RunContext;

/** Figures and progress of scorers that are trained side by side, one report at a time. */
final class FoldReports {

  private final RunContext context;
  private final EpochFigures figures;
  private final long steps;
  private final long images;

  /** Folds that are in training at the moment. */
  private final Set<Integer> training = new HashSet<>();

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

  /** A step of the training of a fold is done. */
  synchronized void step(int fold) {
    training.add(fold);
    stepsDone++;
    context.listener().progress(ScoreStage.NAME, "training scorers", stepsDone, steps, "steps");
  }

  /** The figures of an epoch of a fold. */
  synchronized void epoch(int fold, long epochsDone, double loss, double seconds) {
    figures.add(fold, epochsDone, loss, seconds);
  }

  /** Some images of a fold have their losses; told when no training goes on beside it. */
  synchronized void scored(int fold, int count) {
    training.remove(fold);
    imagesDone += count;
    if (training.isEmpty()) {
      context.listener().progress(ScoreStage.NAME, "scoring", imagesDone, images, "images");
    }
  }

  synchronized void warn(String message) {
    context.listener().warning(ScoreStage.NAME, message);
  }
}
