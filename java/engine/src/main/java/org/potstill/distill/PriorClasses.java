package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.potstill.data.Dataset;
import org.potstill.data.ImageNetClasses;
import org.potstill.errors.InputException;
import org.potstill.run.RunListener;

/** Which class of a generator stands for which class of a data set. */
final class PriorClasses {

  private static final int IMAGENET_CLASSES = 1000;

  private PriorClasses() {}

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
    List<OptionalInt> result = new ArrayList<>();
    List<String> without = new ArrayList<>();
    for (int c = 0; c < data.classKeys().size(); c++) {
      String key = data.classKeys().get(c);
      Integer named = configured.getOrDefault(key, configured.get(data.classNames().get(c)));
      OptionalInt found = named == null ? byWnid(key, classes) : OptionalInt.of(named);
      if (found.isPresent() && (found.getAsInt() < 0 || found.getAsInt() >= classes)) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "data.class-index: class '%s' is given number %d, but the generator has classes 0"
                    + " to %d",
                key,
                found.getAsInt(),
                classes - 1));
      }
      if (found.isEmpty()) {
        without.add(key);
      }
      result.add(found);
    }
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
    return result;
  }

  private static OptionalInt byWnid(String key, int classes) {
    return classes == IMAGENET_CLASSES ? ImageNetClasses.indexOf(key) : OptionalInt.empty();
  }
}
