package org.potstill.cli;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine.Model.CommandSpec;

/** A bar with rate and time left, on a terminal. */
final class BarView implements ProgressView {

  private static final int NARROWEST = 20;

  /** picocli tells no terminal to be narrower. */
  private static final int LEAST_TOLD = 55;

  /** Percentage, both times and rate, without count and unit. */
  private static final int FIGURES = 42;

  private static final int SHORTEST_TASK = 8;
  private static final String CUT = "..";
  private static final int INTERVAL_MILLIS = 250;

  private final PrintStream terminal;
  private final int width;
  private ProgressBar bar;
  private String task;

  /** A bar; lines where it might not fit, since one that is wrapped cannot be overwritten. */
  static ProgressView on(PrintStream terminal) {
    return on(terminal, columns());
  }

  /** The same where the terminal is said to have so many columns. */
  static ProgressView on(PrintStream terminal, int columns) {
    return columns > LEAST_TOLD ? new BarView(terminal, columns - 1) : new LineView(terminal);
  }

  /** One of so many characters. */
  BarView(PrintStream terminal, int width) {
    this.terminal = terminal;
    this.width = Math.max(NARROWEST, width);
  }

  /** Asked once: a terminal that is not told of by the shell is asked by another process. */
  private static int columns() {
    String columns = System.getenv("COLUMNS");
    return columns != null && columns.matches("\\d{2,4}")
        ? Integer.parseInt(columns)
        : CommandSpec.create().usageMessage().autoWidth(true).width();
  }

  @Override
  public void update(String newTask, long done, long total, String unit) {
    if (bar == null || !newTask.equals(task)) {
      clear();
      task = newTask;
      bar = start(total, done, " " + unit);
    }
    bar.maxHint(total);
    bar.stepTo(done);
  }

  private ProgressBar start(long total, long done, String unit) {
    return new ProgressBarBuilder()
        .setTaskName(shortened(task, room(total, unit)))
        .setInitialMax(total)
        .startsFrom(done, java.time.Duration.ZERO)
        .setUnit(unit, 1)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(INTERVAL_MILLIS)
        .showSpeed(new DecimalFormat("0.0", DecimalFormatSymbols.getInstance(Locale.ROOT)))
        .clearDisplayOnFinish()
        .setConsumer(new Line())
        .build();
  }

  /** Count and unit are shown twice at most: what was done of all, and how fast. */
  private int room(long total, String unit) {
    return width - FIGURES - 2 * (String.valueOf(total).length() + unit.length());
  }

  /** The library would cut off the figures at the end of the line instead. */
  private static String shortened(String text, int room) {
    int most = Math.max(SHORTEST_TASK, room);
    return text.length() <= most ? text : text.substring(0, most - CUT.length()) + CUT;
  }

  @Override
  public void clear() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  /**
   * One line of the terminal, overwritten each time; the library's own asks JLine for its width.
   */
  private final class Line implements ProgressBarConsumer {

    @Override
    public int getMaxRenderedLength() {
      return width;
    }

    @Override
    public void accept(String rendered) {
      terminal.print("\r" + rendered);
      terminal.flush();
    }

    @Override
    public void clear() {
      terminal.print("\r" + " ".repeat(width) + "\r");
      terminal.flush();
    }

    @Override
    public void close() {
      clear();
    }
  }
}
