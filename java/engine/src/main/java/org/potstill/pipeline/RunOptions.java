package org.potstill.pipeline;

import java.util.Objects;
import org.potstill.run.Existing;

/**
 * How a run is started.
 *
 * @param existing what is done with a run directory that is already there
 */
public record RunOptions(Existing existing) {

  /** Nothing is done with a directory without saying what. */
  public RunOptions {
    Objects.requireNonNull(existing, "existing");
  }

  /** A new run; an existing run directory is an error. */
  public static final RunOptions NEW = new RunOptions(Existing.FAIL);

  /** Continues the run in the directory, or begins one. */
  public static final RunOptions RESUME = new RunOptions(Existing.RESUME);

  /** Deletes the run in the directory first. */
  public static final RunOptions OVERWRITE = new RunOptions(Existing.OVERWRITE);
}
