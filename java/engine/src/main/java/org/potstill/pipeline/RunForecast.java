package org.potstill.pipeline;

import java.util.List;

/**
 * How long a run will take, roughly.
 *
 * @param stages those that take long, in their order
 */
public record RunForecast(List<StageTime> stages) {

  /**
   * Of a stage.
   *
   * @param stage its name
   * @param seconds in all
   * @param words what was timed, for example {@code 45 ms per image}; of experts, what they take of
   *     the disk and how many are trained at a time
   */
  public record StageTime(String stage, double seconds, String words) {}

  /** Copies the list. */
  public RunForecast {
    stages = List.copyOf(stages);
  }

  /** Of all stages together. */
  public double seconds() {
    return stages.stream().mapToDouble(StageTime::seconds).sum();
  }
}
