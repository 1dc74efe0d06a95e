package org.potstill.cli;

import org.potstill.data.Dataset;

/** A data set in one line. */
final class DataLine {

  private DataLine() {}

  /** For example {@code 10 classes, 5400 images to distil, 600 held back, 1000 for the test}. */
  static String of(Dataset data) {
    return data.classNames().size()
        + " classes, "
        + data.training().size()
        + " images to distil from, "
        + data.validation().size()
        + " held back for validation, "
        + data.test().size()
        + " to test on";
  }
}
