package org.potstill.run;

import java.util.Locale;

/** Sizes of files and memory for people, in decimal units. */
public final class ByteSizes {

  private static final double MEGABYTE = 1e6;
  private static final double GIGABYTE = 1e9;

  private ByteSizes() {}

  /** For example {@code 0.4 MB}, {@code 5.3 MB}, {@code 527 MB}, {@code 1.4 GB}. */
  public static String text(long bytes) {
    double megabytes = bytes / MEGABYTE;
    if (megabytes < 999.5) {
      return String.format(Locale.ROOT, megabytes < 99.95 ? "%.1f MB" : "%.0f MB", megabytes);
    }
    return String.format(Locale.ROOT, "%.1f GB", bytes / GIGABYTE);
  }
}
