package org.potstill.distill;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.potstill.data.Counterparts;
import org.potstill.data.Dataset;
import org.potstill.errors.InputException;
import org.potstill.run.RunListener;

/** Which class of a generator stands for which class of a data set. */
final class PriorClasses {

  private static final String GENERATOR = "the generator";

  private PriorClasses() {}

  /**
   * Checks the classes that a configuration names.
   *
   * @throws InputException where one is given a number that the generator does not have
   */
  static void require(Dataset data, Map<String, Integer> configured, int classes) {
    Counterparts.of(data, configured, classes, GENERATOR);
  }

  /**
   * The generator's class for every class: by {@code data.class-index}, else by wnid. Classes
   * without one are named in a warning.
   *
   * @param configured by class key or display name
   * @param classes of the generator
   * @param fallback what images of the other classes start from, for the warning
   * @throws InputException where a class is given a number that the generator does not have
   */
  static List<OptionalInt> of(
      Dataset data,
      Map<String, Integer> configured,
      int classes,
      String fallback,
      RunListener listener) {
    Counterparts found = Counterparts.of(data, configured, classes, GENERATOR);
    List<String> without = found.without();
    if (!without.isEmpty()) {
      listener.warning(
          DistillStage.NAME,
          String.format(
              Locale.ROOT,
              "%d of the classes have no counterpart in the generator, the first of them '%s': %s;"
                  + " data.class-index names counterparts (for example {%s: 207})",
              without.size(),
              without.get(0),
              fallback,
              without.get(0)));
    }
    return found.numbers();
  }
}
