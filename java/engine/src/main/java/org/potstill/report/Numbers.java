package org.potstill.report;

import java.util.Locale;

/** Figures as the page writes them. */
final class Numbers {

  /** Keeps a figure and its unit, or its thousands, on one line. */
  private static final String NARROW_SPACE = "\u202f";

  private Numbers() {}

  /** A count with its thousands set apart: 60 000. */
  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value).replace(",", NARROW_SPACE);
  }

  /** A count with the name of what is counted, in the singular for one. */
  static String count(long value, String plural) {
    String singular = plural.endsWith("sses") ? plural.substring(0, plural.length() - 2) : plural;
    singular = singular.equals(plural) ? plural.substring(0, plural.length() - 1) : singular;
    return count(value) + " " + (value == 1 ? singular : plural);
  }

  /** A share from 0 to 1 in percent with one decimal. */
  static String percent(double share) {
    return Double.isNaN(share)
        ? "–"
        : String.format(Locale.ROOT, "%.1f", 100 * share) + NARROW_SPACE + "%";
  }

  /** Mean and spread in percent. */
  static String percent(double mean, double std) {
    return Double.isNaN(mean) || Double.isNaN(std)
        ? percent(mean)
        : String.format(Locale.ROOT, "%.1f ± %.1f", 100 * mean, 100 * std) + NARROW_SPACE + "%";
  }

  /** Mean and, of more than one repeat, spread in percent. */
  static String percent(Evaluation.Accuracy accuracy) {
    return accuracy.repeats() == 1
        ? percent(accuracy.mean())
        : percent(accuracy.mean(), accuracy.std());
  }

  /** The interval of a share in percent, cut where no share can lie. */
  static String interval(double mean, double half) {
    double low = Math.max(0, mean - half);
    double high = Math.min(1, mean + half);
    return String.format(Locale.ROOT, "%.1f to %.1f", 100 * low, 100 * high);
  }

  /** A difference of shares in percentage points, with its sign. */
  static String points(double difference) {
    return String.format(Locale.ROOT, "%+.1f points", 100 * difference).replace('-', '−');
  }

  /** A loss, short enough to stand below a small picture. */
  static String loss(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    double size = Math.abs(value);
    if (size != 0 && size < 1e-3) {
      return String.format(Locale.ROOT, "%.0e", value).replace("e-0", "e-");
    }
    String pattern = size < 1 ? "%.3f" : size < 10 ? "%.2f" : size < 100 ? "%.1f" : "%.0f";
    return String.format(Locale.ROOT, pattern, value);
  }

  /** A time with the two largest units that matter. */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (seconds < 10) {
      return String.format(Locale.ROOT, "%.1f", seconds) + NARROW_SPACE + "s";
    }
    String minutes = whole / 60 % 60 + NARROW_SPACE + "min";
    if (whole < 60) {
      return whole + NARROW_SPACE + "s";
    }
    return whole < 3600
        ? minutes + " " + whole % 60 + NARROW_SPACE + "s"
        : count(whole / 3600) + NARROW_SPACE + "h " + minutes;
  }

  /** How many times {@code part} goes into {@code whole}: 600, or 1.5 below ten. */
  static String ratio(long whole, long part) {
    double ratio = (double) whole / part;
    return ratio < 9.95 ? String.format(Locale.ROOT, "%.1f", ratio) : count(Math.round(ratio));
  }
}
