package org.potstill.experts;

import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;
import org.potstill.run.RunContext;

/**
 * Figures and progress of experts that are trained side by side, one report at a time.
 *
 * <p>Steps in {@code metrics.jsonl} are numbered as if the experts were trained one after the
 * other: the epochs of those before, and the expert's own.
 */
final class ExpertReports {

  private final RunContext context;
  private final int count;
  private final int epochs;
  private long done;

  /**
   * Reports of a stage.
   *
   * @param count experts in all
   * @param epochs of each
   */
  ExpertReports(RunContext context, int count, int epochs) {
    this.context = context;
    this.count = count;
    this.epochs = epochs;
  }

  /**
   * The stage begins.
   *
   * @param anew experts of which nothing is left but perhaps figures, which are dropped
   */
  synchronized void begin(int finished, Set<Integer> anew) {
    done = (long) finished * epochs;
    cutBack(step -> !anew.contains(expertOf(step)));
  }

  /** An expert goes on after {@code epochsDone} epochs. */
  synchronized void goesOn(int expert, int epochsDone) {
    done += epochsDone;
    cutBack(step -> expertOf(step) != expert || step <= step(expert, epochsDone));
  }

  private void cutBack(LongPredicate keeps) {
    context.directory().metrics().cutBack(ExpertsStage.NAME, keeps);
  }

  /** The figures of an epoch, before its checkpoint. */
  synchronized void epoch(int expert, int epochsDone, double loss, double seconds) {
    long step = step(expert, epochsDone);
    Map<String, Double> figures = Map.of("loss", loss);
    context.directory().metrics().append(ExpertsStage.NAME, step, seconds, figures);
    context.listener().metric(ExpertsStage.NAME, step, "loss", loss);
  }

  /** An epoch is safe. */
  synchronized void progress() {
    done++;
    long total = (long) count * epochs;
    context.listener().progress(ExpertsStage.NAME, "training experts", done, total, "epochs");
  }

  synchronized void warn(String message) {
    context.listener().warning(ExpertsStage.NAME, message);
  }

  /** From 1. */
  private long step(int expert, int epochsDone) {
    return (long) expert * epochs + epochsDone;
  }

  private int expertOf(long step) {
    return (int) ((step - 1) / epochs);
  }
}
