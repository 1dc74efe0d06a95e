package org.potstill.experts;

import java.util.Set;
import org.potstill.run.EpochFigures;
import org.potstill.run.RunContext;

/** Figures and progress of experts that are trained side by side, one report at a time. */
final class ExpertReports {

  private final RunContext context;
  private final EpochFigures figures;
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
    figures = new EpochFigures(context, ExpertsStage.NAME, epochs);
  }

  /**
   * The stage begins.
   *
   * @param anew experts of which nothing is left but perhaps figures, which are dropped
   */
  synchronized void begin(int finished, Set<Integer> anew) {
    done = (long) finished * epochs;
    figures.keepOnly(expert -> !anew.contains(expert));
  }

  /** An expert goes on after {@code epochsDone} epochs. */
  synchronized void goesOn(int expert, int epochsDone) {
    done += epochsDone;
    figures.goesOn(expert, epochsDone);
  }

  /** The figures of an epoch, before its checkpoint. */
  synchronized void epoch(int expert, int epochsDone, double loss, double seconds) {
    figures.add(expert, epochsDone, loss, seconds);
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
}
