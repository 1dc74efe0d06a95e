package org.potstill.pipeline;

import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;

/**
 * Listens to a stage until it is known how long a unit of its work takes, and stops it then. The
 * first unit is not timed, since it warms up; with what comes before it, that is the start of the
 * stage.
 */
final class Pace implements RunListener {

  private final Predicate<String> isCounted;
  private final int atOnce;
  private final double enough;
  private final RunListener listener;
  private final CancellationToken token;
  private final LongSupplier nanos;
  private final long began;
  private String unit = "";
  private long firstDone;
  private double firstSeconds;
  private long done;
  private double seconds;
  private long total;

  /**
   * A pace to be found.
   *
   * @param isCounted whether a unit, as {@link RunListener#progress} has it, is the one to time
   * @param atOnce units that are under way at a time; at least so many are timed, if there are
   *     more, so that it is not the distance between two that began together
   * @param enough seconds to time for
   * @param listener hears of progress as well; what a stage warns of is that of a sample
   * @param token stops the stage
   */
  Pace(
      Predicate<String> isCounted,
      int atOnce,
      double enough,
      RunListener listener,
      CancellationToken token) {
    this(isCounted, atOnce, enough, listener, token, System::nanoTime);
  }

  /** The same by another clock. */
  Pace(
      Predicate<String> isCounted,
      int atOnce,
      double enough,
      RunListener listener,
      CancellationToken token,
      LongSupplier nanos) {
    this.atOnce = atOnce;
    this.nanos = nanos;
    began = nanos.getAsLong();
    this.isCounted = isCounted;
    this.enough = enough;
    this.listener = listener;
    this.token = token;
  }

  @Override
  public void progress(String stage, String task, long done, long total, String unit) {
    listener.progress(stage, task, done, total, unit);
    if (isCounted.test(unit)) {
      heard(done, total, unit, (nanos.getAsLong() - began) / 1e9);
    }
  }

  /** So much was done after so many seconds. */
  private void heard(long done, long total, String unit, double seconds) {
    if (firstDone == 0) {
      firstDone = done;
      firstSeconds = seconds;
    }
    this.done = done;
    this.seconds = seconds;
    this.total = total;
    this.unit = unit;
    if (done == total || (done >= firstDone + atOnce && seconds - firstSeconds >= enough)) {
      token.cancel();
    }
  }

  /** Whether anything was timed. */
  boolean isKnown() {
    return done > 0;
  }

  /** Units in all. */
  long total() {
    return total;
  }

  /** Seconds per unit. */
  double perUnit() {
    return done > firstDone
        ? (seconds - firstSeconds) / (done - firstDone)
        : firstSeconds / firstDone;
  }

  /** Seconds before the first unit, its warming up included. */
  double start() {
    return Math.max(0, firstSeconds - firstDone * perUnit());
  }

  /** For example {@code 45 ms per image}. */
  String words() {
    String one = unit.substring(0, unit.length() - 1);
    double each = perUnit();
    return (each < 1 ? number(1000 * each) + " ms" : number(each) + " s") + " per " + one;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.1f" : "%.0f", value);
  }
}
