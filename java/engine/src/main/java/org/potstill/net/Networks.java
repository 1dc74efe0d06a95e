package org.potstill.net;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.potstill.errors.InputException;

/** The networks by name. */
public final class Networks {

  private static final Map<String, Function<NetworkSpec, Network>> BUILDERS = builders();

  private Networks() {}

  private static Map<String, Function<NetworkSpec, Network>> builders() {
    Map<String, Function<NetworkSpec, Network>> builders = new LinkedHashMap<>();
    builders.put(ConvNet.NAME, spec -> ConvNet.of(spec.convNetDefaults(), false));
    builders.put(ConvNet.GAP_NAME, spec -> ConvNet.of(spec.convNetDefaults(), true));
    builders.put(AlexNet.NAME, spec -> AlexNet.of(spec.orNorm(Norm.NONE)));
    builders.put(Vgg11.NAME, spec -> Vgg11.of(spec.orNorm(Norm.INSTANCE)));
    builders.put(ResNet18.NAME, spec -> ResNet18.of(spec.orNorm(Norm.INSTANCE)));
    builders.put(
        VisionTransformer.NAME,
        spec -> VisionTransformer.of(spec.orNorm(spec.large() ? Norm.NONE : Norm.LAYER)));
    return builders;
  }

  /** The names that {@link #create} knows. */
  public static Set<String> names() {
    return BUILDERS.keySet();
  }

  /**
   * Builds a network.
   *
   * @throws InputException where there is none of that name, or it cannot have what the
   *     specification asks for
   */
  public static Network create(NetworkSpec spec) {
    Function<NetworkSpec, Network> builder = BUILDERS.get(spec.name());
    if (builder == null) {
      throw unknown("network", spec.name(), List.copyOf(BUILDERS.keySet()));
    }
    if (spec.imageSize() < 1 || spec.channels() < 1 || spec.classes() < 1) {
      throw new InputException(
          spec.name()
              + " needs an image size, channels and classes of at least 1, not "
              + spec.imageSize()
              + ", "
              + spec.channels()
              + " and "
              + spec.classes());
    }
    return builder.apply(spec);
  }

  /**
   * The norm that a configuration calls {@code name}.
   *
   * @throws InputException where there is none
   */
  public static Norm norm(String name) {
    return parse("norm", name, Norm.values());
  }

  /**
   * The pooling that a configuration calls {@code name}.
   *
   * @throws InputException where there is none
   */
  public static Pooling pooling(String name) {
    return parse("pooling", name, Pooling.values());
  }

  private static <E extends Enum<E>> E parse(String what, String name, E[] values) {
    for (E value : values) {
      if (NetworkSpec.text(value).equals(name)) {
        return value;
      }
    }
    throw unknown(what, name, Arrays.stream(values).map(NetworkSpec::text).toList());
  }

  private static InputException unknown(String what, String name, List<String> known) {
    String nearest = known.get(0);
    for (String candidate : known) {
      if (distance(name, candidate) < distance(name, nearest)) {
        nearest = candidate;
      }
    }
    String hint =
        distance(name, nearest) <= 1 + nearest.length() / 3
            ? "did you mean '" + nearest + "'? "
            : "";
    return new InputException(
        "there is no " + what + " '" + name + "'; " + hint + "those known are " + known);
  }

  /** Number of letters to insert, remove or replace (Levenshtein 1966). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    Arrays.setAll(row, j -> j);
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
