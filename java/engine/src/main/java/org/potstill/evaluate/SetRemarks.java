package org.potstill.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.errors.Listed;
import org.potstill.tensor.Tensors;

/** What is odd about a set from elsewhere, though networks can be trained on it. */
final class SetRemarks {

  /** Beyond 0 to 1, where distilled pixels may go by a little. */
  private static final double MARGIN = 0.5;

  private SetRemarks() {}

  /**
   * Looks at a set.
   *
   * @param source of the images in {@code file}
   * @return sentences for a user
   */
  static List<String> of(Path file, TrainingSource source, Dataset data) {
    List<String> remarks = new ArrayList<>();
    try (LabelledImages set = source.load(0)) {
      List<String> missing = missing(set, data);
      if (!missing.isEmpty()) {
        remarks.add(
            String.format(
                Locale.ROOT,
                "%s holds no image of %d of the %d classes (%s), whose test images count all the"
                    + " same",
                file,
                missing.size(),
                data.classNames().size(),
                Listed.some(missing)));
      }
      if (source.assumesPixels()) {
        remarkOnPixels(file, set.images(), data.normalisation(), remarks);
      }
    }
    return remarks;
  }

  private static List<String> missing(LabelledImages set, Dataset data) {
    List<String> missing = new ArrayList<>();
    int[] counts = set.perClass(data.classNames().size());
    for (int c = 0; c < counts.length; c++) {
      if (counts[c] == 0) {
        missing.add(data.classNames().get(c));
      }
    }
    return missing;
  }

  private static void remarkOnPixels(
      Path file, Tensor images, Normalisation normalisation, List<String> remarks) {
    try (PointerScope scope = new PointerScope()) {
      Tensor pixels =
          images
              .mul(Tensors.perChannel(images, normalisation.std()))
              .add(Tensors.perChannel(images, normalisation.mean()));
      double least = pixels.min().item_double();
      double most = pixels.max().item_double();
      if (least < -MARGIN || most > 1 + MARGIN) {
        remarks.add(
            String.format(
                Locale.ROOT,
                "%s: pixels go from %.3g to %.3g, but without 'mean' and 'std' in the metadata they"
                    + " are taken to lie between 0 and 1; say there what they were normalised with",
                file,
                least,
                most));
      }
    }
  }
}
