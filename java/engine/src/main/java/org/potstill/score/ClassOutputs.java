package org.potstill.score;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.potstill.data.Counterparts;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;

/** Which output of a pretrained scorer stands for which class of a data set. */
final class ClassOutputs {

  private ClassOutputs() {}

  /**
   * The output of every class: by {@code data.class-index}, else by wnid.
   *
   * @param configured outputs by class key or display name
   * @param outputs number of outputs of the scorer
   * @throws InputException where a class has none, or one that the scorer does not have
   */
  static long[] of(Dataset data, Map<String, Integer> configured, int outputs) {
    Counterparts found = Counterparts.of(data, configured, outputs, "the scorer");
    List<String> without = found.without();
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
    return found.numbers().stream().mapToLong(OptionalInt::getAsInt).toArray();
  }
}
