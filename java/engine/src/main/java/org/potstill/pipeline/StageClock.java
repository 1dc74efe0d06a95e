package org.potstill.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;

/**
 * The time that a stage takes, over all processes that work on it one after the other. It is noted
 * while the stage works, so that one that is killed loses a minute of it at most.
 *
 * <p>Nothing depends on it but a figure of the report: what goes wrong with a note is no reason to
 * stop a run, and is not told.
 */
final class StageClock implements AutoCloseable {

  private static final Duration BETWEEN_NOTES = Duration.ofMinutes(1);

  private final Path note;
  private final double before;
  private final BooleanSupplier worthwhile;
  private final long began = System.nanoTime();
  private final ScheduledExecutorService timer;
  private final Future<?> notes;
  private boolean ended;

  /**
   * Begins to count.
   *
   * @param note the file for the note
   * @param before seconds that the stage took in earlier processes
   * @param worthwhile whether the stage could go on if it were stopped now; else nothing is noted,
   *     since it would begin anew
   */
  StageClock(Path note, double before, BooleanSupplier worthwhile) {
    this(note, before, worthwhile, BETWEEN_NOTES);
  }

  /** The same that makes a note after every {@code between}. */
  StageClock(Path note, double before, BooleanSupplier worthwhile, Duration between) {
    this.note = note;
    this.before = before;
    this.worthwhile = worthwhile;
    timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "potstill-stage-clock");
              thread.setDaemon(true);
              return thread;
            });
    notes =
        timer.scheduleWithFixedDelay(
            this::take, between.toNanos(), between.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** What a process noted that was stopped; empty where there is no note that can be read. */
  static OptionalDouble noted(Path note) {
    try {
      double seconds = Double.parseDouble(Files.readString(note).strip());
      return seconds >= 0 && Double.isFinite(seconds)
          ? OptionalDouble.of(seconds)
          : OptionalDouble.empty();
    } catch (IOException | NumberFormatException e) {
      return OptionalDouble.empty();
    }
  }

  /** Seconds since this was made. */
  double here() {
    return (System.nanoTime() - began) / 1e9;
  }

  /** Seconds in all. */
  double total() {
    return before + here();
  }

  /** To be called when the time is on record elsewhere: the note is of no use any more. */
  synchronized void finish() {
    end();
    try {
      Files.deleteIfExists(note);
    } catch (IOException e) {
      // Of a stage that is on record, it is not read.
    }
  }

  /** Where the stage was stopped before its end, notes how long it took so far. */
  @Override
  public synchronized void close() {
    take();
    end();
  }

  private void end() {
    ended = true;
    notes.cancel(false);
    timer.shutdown();
  }

  private synchronized void take() {
    try {
      if (!ended && worthwhile.getAsBoolean()) {
        AtomicFiles.writeString(note, total() + "\n");
      }
    } catch (RunFailedException e) {
      // A full disk, which the stage will tell of.
    }
  }
}
