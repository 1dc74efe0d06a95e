package org.potstill.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;

/** The networks by name: those of Potstill, and those that users add. */
public final class Networks {

  /**
   * What comparisons and tables call the mean over the networks that did not distil; no network has
   * that name.
   */
  public static final String CROSS = "cross";

  /** What a name that is not known may be, and where it then belongs. */
  public static final String OF_ONES_OWN =
      "one of your own, which must be on the class path (docs/networks.md)";

  private static final Map<String, Builder> BUILDERS = builders();
  private static final OwnNetworks OWN = new OwnNetworks(BUILDERS.keySet());

  private Networks() {}

  /**
   * How a network of Potstill is built.
   *
   * @param complete fills in what a specification leaves open
   * @param build makes the network of a specification that leaves nothing open
   */
  private record Builder(
      UnaryOperator<NetworkSpec> complete, Function<NetworkSpec, Network> build) {

    static Builder of(Norm own, Function<NetworkSpec, Network> build) {
      return new Builder(spec -> spec.orNorm(own), build);
    }

    Network network(NetworkSpec spec) {
      return build.apply(complete.apply(spec));
    }
  }

  private static Map<String, Builder> builders() {
    Map<String, Builder> builders = new LinkedHashMap<>();
    UnaryOperator<NetworkSpec> convNet = NetworkSpec::convNetDefaults;
    builders.put(ConvNet.NAME, new Builder(convNet, spec -> ConvNet.of(spec, false)));
    builders.put(ConvNet.GAP_NAME, new Builder(convNet, spec -> ConvNet.of(spec, true)));
    builders.put(AlexNet.NAME, Builder.of(Norm.NONE, AlexNet::of));
    builders.put(Vgg11.NAME, Builder.of(Norm.INSTANCE, Vgg11::of));
    builders.put(ResNet18.NAME, Builder.of(Norm.INSTANCE, ResNet18::of));
    builders.put(
        VisionTransformer.NAME,
        new Builder(
            spec -> spec.orNorm(spec.large() ? Norm.NONE : Norm.LAYER), VisionTransformer::of));
    return Collections.unmodifiableMap(builders);
  }

  /** The names of Potstill's own networks. */
  public static Set<String> builtIn() {
    return BUILDERS.keySet();
  }

  /**
   * The names that {@link #create} knows.
   *
   * @throws InputException where a provider on the class path cannot be used
   */
  public static Set<String> names() {
    Set<String> names = new LinkedHashSet<>(BUILDERS.keySet());
    OWN.all().forEach(provider -> names.add(provider.name()));
    return names;
  }

  /**
   * Adds a network of the user's own for this process; one of the same class and name that has been
   * added before is replaced.
   *
   * @throws InputException where its name is that of another network, or none
   */
  public static void register(NetworkProvider provider) {
    OWN.add(provider);
  }

  /**
   * What stands for the arithmetic of a network of the user's own; empty for those of Potstill, and
   * where there is none of that name.
   */
  public static String version(String name) {
    NetworkProvider provider = OWN.find(name);
    return provider == null ? "" : OwnNetworks.version(provider);
  }

  /**
   * What tells two networks of the same name apart on the same images, in words: the settings with
   * everything filled in that {@code spec} leaves open. Of a user's own network these are the
   * settings it is given, and its version.
   */
  public static String form(NetworkSpec spec) {
    Builder builder = BUILDERS.get(spec.name());
    List<String> settings =
        new ArrayList<>((builder == null ? spec : builder.complete().apply(spec)).settings());
    String version = version(spec.name());
    if (!version.isEmpty()) {
      settings.add("version " + version);
    }
    return settings.isEmpty() ? "no settings" : String.join(", ", settings);
  }

  /**
   * Builds a network.
   *
   * @throws InputException where there is none of that name, or it cannot have what the
   *     specification asks for
   */
  public static Network create(NetworkSpec spec) {
    Builder builder = BUILDERS.get(spec.name());
    NetworkProvider own = builder == null ? OWN.find(spec.name()) : null;
    if (builder == null && own == null) {
      throw unknown("network", spec.name(), List.copyOf(names()));
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
    return builder != null ? builder.network(spec) : OwnNetworks.create(own, spec);
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
    return new InputException(
        "there is no "
            + what
            + " '"
            + name
            + "'"
            + DidYouMean.hint(name, known)
            + "; those known are "
            + known);
  }
}
