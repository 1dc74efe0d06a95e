package org.potstill.score;

import java.util.Map;
import java.util.function.LongPredicate;
import org.potstill.run.RunContext;

/**
 * Figures and progress of scorers that are trained side by side, one report at a time.
 *
 * <p>Steps in {@code metrics.jsonl} are numbered as if they were trained one after the other: the
 * epochs of those before, and the scorer's own.
 */
final class FoldReports {

  private final RunContext context;
  private final int epochs;
  private final long steps;
  private final long images;
  private long stepsDone;
  private long imagesDone;

  /**
   * Reports of a scoring; the figures of an earlier one are kept until a fold says where it is.
   *
   * @param folds in all
   * @param epochs of each training
   * @param steps of all trainings together
   * @param images to be scored
   */
  FoldReports(RunContext context, int folds, int epochs, long steps, long images) {
    this.context = context;
    this.epochs = epochs;
    this.steps = steps;
    this.images = images;
    cutBack(step -> foldOf(step) < folds);
  }

  private void cutBack(LongPredicate keeps) {
    context.directory().metrics().cutBack(ScoreStage.NAME, keeps);
  }

  /** A fold goes on after so many of its epochs and steps, its later figures are dropped. */
  synchronized void goesOn(int fold, long epochsDone, long stepsOfFold) {
    stepsDone += stepsOfFold;
    cutBack(step -> foldOf(step) != fold || step <= step(fold, epochsDone));
  }

  /** A step of a training is done. */
  synchronized void step() {
    stepsDone++;
    context.listener().progress(ScoreStage.NAME, "training scorers", stepsDone, steps, "steps");
  }

  /** The figures of an epoch of a fold. */
  synchronized void epoch(int fold, long epochsDone, double loss, double seconds) {
    long step = step(fold, epochsDone);
    context.directory().metrics().append(ScoreStage.NAME, step, seconds, Map.of("loss", loss));
    context.listener().metric(ScoreStage.NAME, step, "loss", loss);
  }

  /** Some images of a fold have their losses. */
  synchronized void scored(int count) {
    imagesDone += count;
    context.listener().progress(ScoreStage.NAME, "scoring", imagesDone, images, "images");
  }

  synchronized void warn(String message) {
    context.listener().warning(ScoreStage.NAME, message);
  }

  /** From 1. */
  private long step(int fold, long epochsDone) {
    return (long) fold * epochs + epochsDone;
  }

  private int foldOf(long step) {
    return (int) ((step - 1) / epochs);
  }
}
