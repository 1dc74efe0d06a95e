package org.potstill.score;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.potstill.data.Dataset;
import org.potstill.data.ImageNetClasses;
import org.potstill.errors.InputException;

/** Which output of a pretrained scorer stands for which class of a data set. */
final class ClassOutputs {

  private static final int IMAGENET_OUTPUTS = 1000;

  private ClassOutputs() {}

  /**
   * The output of every class: by {@code data.class-index}, else by wnid.
   *
   * @param configured outputs by class key or display name
   * @param outputs number of outputs of the scorer
   * @throws InputException where a class has none, or one that the scorer does not have
   */
  static long[] of(Dataset data, Map<String, Integer> configured, int outputs) {
    long[] result = new long[data.classKeys().size()];
    List<String> without = new ArrayList<>();
    for (int c = 0; c < result.length; c++) {
      String key = data.classKeys().get(c);
      Integer named = configured.getOrDefault(key, configured.get(data.classNames().get(c)));
      OptionalInt output = named == null ? byWnid(key, outputs) : OptionalInt.of(named);
      if (output.isEmpty()) {
        without.add(key);
        continue;
      }
      result[c] = output.getAsInt();
      if (result[c] < 0 || result[c] >= outputs) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "data.class-index: class '%s' is given output %d, but the scorer has outputs 0 to"
                    + " %d",
                key,
                result[c],
                outputs - 1));
      }
    }
    requireNone(without);
    return result;
  }

  private static OptionalInt byWnid(String key, int outputs) {
    return outputs == IMAGENET_OUTPUTS ? ImageNetClasses.indexOf(key) : OptionalInt.empty();
  }

  private static void requireNone(List<String> without) {
    if (!without.isEmpty()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "score.weights: %d of the classes have no output in the pretrained scorer, the first"
                  + " of them '%s'; name the outputs in data.class-index (for example {%s: 207}),"
                  + " name class folders by wnid, or set score.weights to train",
              without.size(),
              without.get(0),
              without.get(0)));
    }
  }
}
