package org.potstill.run;

/**
 * Hears how a run gets on; every method does nothing unless overridden.
 *
 * <p>Called by one thread at a time: the one that runs the stage, which is not that of the program
 * that embeds Potstill, or one of those that train several networks side by side. It should return
 * soon, since the stage waits for it. What it throws ends the run, which can be continued, and is
 * thrown by the call that runs it.
 */
public interface RunListener {

  /** Hears nothing. */
  RunListener SILENT = new RunListener() {};

  /** A stage begins. */
  default void stageStarted(String stage) {}

  /** A stage was found finished, by an earlier run, and is not repeated. */
  default void stageSkipped(String stage) {}

  /**
   * A stage ended.
   *
   * @param seconds wall time in this call; one that went on where an earlier call had stopped may
   *     have taken longer in all
   */
  default void stageFinished(String stage, double seconds) {}

  /**
   * Work within a stage.
   *
   * @param task what is being counted, for example {@code "scoring"}
   * @param done units done so far
   * @param total units in all
   * @param unit name of one unit, plural, for example {@code "images"}
   */
  default void progress(String stage, String task, long done, long total, String unit) {}

  /**
   * A figure was logged.
   *
   * @param step counted from 1 over the whole stage: epochs of scorers and experts, iterations of a
   *     distillation, trainings of an evaluation
   * @param name for example {@code "loss"}, or {@code "accuracy"} (from 0 to 1)
   * @param value may be NaN or infinite
   */
  default void metric(String stage, long step, String name, double value) {}

  /** What a stage is about to do and what it takes, in one line. */
  default void note(String stage, String message) {}

  /**
   * Something the user should know, in one line: a class that keeps no image, an image left out.
   */
  default void warning(String stage, String message) {}
}
