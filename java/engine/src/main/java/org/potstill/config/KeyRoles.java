package org.potstill.config;

import java.util.Set;

/**
 * Keys that name a file, a folder, a data set or a machine, by what they have to do with what a run
 * is. Of every other key the value counts.
 */
public final class KeyRoles {

  /**
   * Those that only say where things are: what the images are is in the data set's fingerprint, and
   * experts and trainings of another run are taken only where this one would make the same.
   */
  public static final Set<String> PLACES =
      Set.of("run.name", "run.out", DataConfig.SOURCE, "experts.from", "evaluate.from");

  /** Those that stand for the content of what they name, wherever it is. */
  public static final Set<String> CONTENTS =
      Set.of(ScoreConfig.WEIGHTS, ScoreConfig.FROM, PriorConfig.WEIGHTS);

  /**
   * Those that say on what is computed. A run may go on elsewhere, where the last bits of results
   * are all that this changes; stages and checkpoints know whether it is.
   */
  public static final Set<String> MACHINE = Set.of("run.device", "run.threads", "run.kernels");

  private KeyRoles() {}
}
