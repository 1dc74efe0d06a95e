package org.potstill.pipeline;

import java.nio.file.Path;
import java.util.List;

/**
 * How a run ended.
 *
 * @param directory the run directory
 * @param stages names of the stages that ran now; empty where all were finished before
 * @param leftOut images that could not be read and were left out, listed in {@code left-out.csv}
 */
public record RunResult(Path directory, List<String> stages, int leftOut) {

  /** Whether there was nothing left to do. */
  public boolean wasFinished() {
    return stages.isEmpty();
  }
}
