package org.potstill.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.potstill.errors.InputException;

/**
 * Which classes of a network, trained on other data, stand for those of a data set.
 *
 * @param numbers of every class; empty where there is none
 * @param without keys of the classes that have none
 */
public record Counterparts(List<OptionalInt> numbers, List<String> without) {

  private static final int IMAGENET = 1000;

  /**
   * The counterparts by {@code data.class-index}, else by wnid where the network has ImageNet's
   * classes.
   *
   * @param configured numbers by class key or display name
   * @param classes of the network
   * @param network for the message, for example {@code "the scorer"}
   * @throws InputException where a class is given a number that the network does not have
   */
  public static Counterparts of(
      Dataset data, Map<String, Integer> configured, int classes, String network) {
    List<OptionalInt> numbers = new ArrayList<>();
    List<String> without = new ArrayList<>();
    for (int c = 0; c < data.classKeys().size(); c++) {
      String key = data.classKeys().get(c);
      Integer named = configured.getOrDefault(key, configured.get(data.classNames().get(c)));
      OptionalInt number = named == null ? byWnid(key, classes) : OptionalInt.of(named);
      if (number.isEmpty()) {
        without.add(key);
      } else if (number.getAsInt() < 0 || number.getAsInt() >= classes) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "data.class-index: class '%s' is given number %d, but %s has classes 0 to %d",
                key,
                number.getAsInt(),
                network,
                classes - 1));
      }
      numbers.add(number);
    }
    return new Counterparts(numbers, without);
  }

  private static OptionalInt byWnid(String key, int classes) {
    return classes == IMAGENET ? ImageNetClasses.indexOf(key) : OptionalInt.empty();
  }
}
