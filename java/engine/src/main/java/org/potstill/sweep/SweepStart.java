package org.potstill.sweep;

import org.potstill.config.Sweep;
import org.potstill.pipeline.Preflight;
import org.potstill.pipeline.ResumeRules;
import org.potstill.run.Existing;

/** Whether the runs of a sweep can begin or go on, as far as that shows before one does. */
public final class SweepStart {

  private final Lenders lenders;

  /** For the runs of {@code sweep}. */
  public SweepStart(Sweep sweep) {
    lenders = new Lenders(sweep);
  }

  /**
   * Checks one of them; the device is not looked at.
   *
   * @param datasets opens its data set, unless it goes on
   * @param existing what is to be done with what the run has made so far; where there is something
   *     and nothing is to be done with it, nothing is checked
   * @throws org.potstill.errors.PotstillException where it cannot
   */
  public void require(Sweep.Run run, OpenDatasets datasets, Existing existing) {
    boolean begun = existing != Existing.OVERWRITE && new RunFolder(run).isBegun();
    if (!begun) {
      Preflight.check(run.config(), datasets.of(run.config()));
    } else if (existing == Existing.RESUME) {
      ResumeRules.check(run.config().run().out(), lenders.withScores(run));
    }
  }
}
