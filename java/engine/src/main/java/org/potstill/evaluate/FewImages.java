package org.potstill.evaluate;

import java.util.List;
import java.util.Locale;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.run.RunContext;

/**
 * Baselines of fewer images than were distilled, whose accuracies do not stand beside the others.
 */
final class FewImages {

  private FewImages() {}

  /**
   * Warns of every class that has fewer images than were distilled of it.
   *
   * @param images that the baseline may take, or takes
   * @param what these are in words, in the plural
   * @param perClass distilled images of every class
   */
  static void warn(
      RunContext context,
      Dataset data,
      String baseline,
      List<ImageRecord> images,
      String what,
      int[] perClass) {
    int[] counts = new int[perClass.length];
    images.forEach(image -> counts[image.classIndex()]++);
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] < perClass[c]) {
        context
            .listener()
            .warning(
                EvaluateStage.NAME,
                String.format(
                    Locale.ROOT,
                    "baseline %s: class '%s' has %d %s, fewer than the %d distilled ones",
                    baseline,
                    data.classNames().get(c),
                    counts[c],
                    what,
                    perClass[c]));
      }
    }
  }
}
