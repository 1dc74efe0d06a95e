package org.potstill.cli;

import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;

/** A bar with rate and time left, on a terminal. */
final class BarView implements ProgressView {

  private static final int WIDTH = 100;
  private static final int INTERVAL_MILLIS = 250;

  private final PrintStream terminal;
  private ProgressBar bar;
  private String task;

  BarView(PrintStream terminal) {
    this.terminal = terminal;
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
        .setTaskName(task)
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

    private final int width = columns();

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

    private static int columns() {
      String columns = System.getenv("COLUMNS");
      boolean number = columns != null && columns.matches("\\d{2,4}");
      return number ? Math.min(WIDTH, Integer.parseInt(columns) - 1) : WIDTH - 21;
    }
  }
}
