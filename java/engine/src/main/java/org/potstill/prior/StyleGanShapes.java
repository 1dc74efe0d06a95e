package org.potstill.prior;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.weights.WeightsOf;

/**
 * A generator as the names and shapes of its weights tell it: nothing about its size is assumed but
 * the margin of its feature maps, the taps of its filters and the bandwidth of its input.
 */
final class StyleGanShapes {

  private static final Pattern LAYER =
      Pattern.compile("synthesis\\.(L(\\d{1,9})_(\\d{1,9})_(\\d{1,9}))\\.weight");
  private static final String EMBEDDINGS = "mapping.embed.weight";
  private static final String DENSE = "mapping.fc%d.weight";

  private final Map<String, long[]> found;
  private final Map<String, long[]> expected = new LinkedHashMap<>();
  private final String source;

  private StyleGanShapes(Map<String, long[]> found, String source) {
    this.found = found;
    this.source = source;
  }

  /**
   * The generator whose weights have these names and shapes.
   *
   * @param source where they are from, for messages
   * @throws InputException where they are not those of a StyleGAN-XL generator
   */
  static StyleGan read(Map<String, long[]> found, String source) {
    return new StyleGanShapes(found, source).read();
  }

  private StyleGan read() {
    List<String> names = layerNames();
    if (names.isEmpty() || !found.containsKey(String.format(Locale.ROOT, DENSE, 0))) {
      throw new InputException(
          source
              + " does not hold a StyleGAN-XL generator: it has no tensors called"
              + " synthesis.L0_... and mapping.fc0.weight; it has "
              + Listed.some(List.copyOf(found.keySet()))
              + "."
              + WeightsOf.hint(found.keySet()));
    }
    int wDim = (int) dimension(String.format(Locale.ROOT, DENSE, 0), 0);
    MappingNetwork mapping = mapping(wDim);
    List<SynthesisLayer> layers = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      SynthesisLayer before = i == 0 ? null : layers.get(i - 1);
      layers.add(layer(names.get(i), before, i == names.size() - 1, wDim));
    }
    SynthesisLayer first = layers.get(0);
    expectInput(first.inChannels(), wDim);
    requireExpected();
    int rate = first.inSize() - 2 * SynthesisPlan.MARGIN;
    FourierInput input = new FourierInput(first.inSize(), rate, SynthesisPlan.FIRST_CUTOFF);
    int classes = mapping.conditional() ? (int) dimension("mapping.w_avg", 0) : 0;
    int zDim =
        (int) dimension(String.format(Locale.ROOT, DENSE, 0), 1) / (mapping.conditional() ? 2 : 1);
    return new StyleGan(zDim, wDim, classes, mapping, new Synthesis(input, layers));
  }

  /** In the order of their numbers. */
  private List<String> layerNames() {
    Map<Integer, String> names = new TreeMap<>(Comparator.naturalOrder());
    for (String name : found.keySet()) {
      Matcher matcher = LAYER.matcher(name);
      if (matcher.matches()) {
        names.put(Integer.parseInt(matcher.group(2)), matcher.group(1));
      }
    }
    return List.copyOf(names.values());
  }

  private MappingNetwork mapping(int wDim) {
    boolean conditional = found.containsKey("mapping.embed_proj.weight");
    int layers = 0;
    while (found.containsKey(String.format(Locale.ROOT, DENSE, layers))) {
      layers++;
    }
    long zDim = dimension(String.format(Locale.ROOT, DENSE, 0), 1) / (conditional ? 2 : 1);
    if (conditional) {
      long rows = found.containsKey("mapping.w_avg") ? dimension("mapping.w_avg", 0) : 0;
      long width = dimension("mapping.embed_proj.weight", 1);
      expect("mapping.w_avg", rows, wDim);
      expect(EMBEDDINGS, rows, width);
      expect("mapping.embed_proj.weight", zDim, width);
      expect("mapping.embed_proj.bias", zDim);
    } else {
      expect("mapping.w_avg", wDim);
    }
    long in = zDim * (conditional ? 2 : 1);
    for (int i = 0; i < layers; i++) {
      expect(String.format(Locale.ROOT, DENSE, i), wDim, in);
      expect("mapping.fc" + i + ".bias", wDim);
      in = wDim;
    }
    return new MappingNetwork(conditional, layers);
  }

  private void expectInput(long channels, long wDim) {
    expect(FourierInput.PREFIX + "weight", channels, channels);
    expect(FourierInput.PREFIX + "transform", 3, 3);
    expect(FourierInput.PREFIX + "freqs", channels, 2);
    expect(FourierInput.PREFIX + "phases", channels);
    expect(FourierInput.PREFIX + "affine.weight", 4, wDim);
    expect(FourierInput.PREFIX + "affine.bias", 4);
  }

  private SynthesisLayer layer(String name, SynthesisLayer before, boolean last, int wDim) {
    Matcher matcher = LAYER.matcher("synthesis." + name + ".weight");
    if (!matcher.matches()) {
      throw new IllegalStateException(name);
    }
    int outSize = Integer.parseInt(matcher.group(3));
    int out = Integer.parseInt(matcher.group(4));
    String prefix = "synthesis." + name + ".";
    int in = before == null ? (int) dimension(prefix + "weight", 1) : before.outChannels();
    int inSize = before == null ? outSize : before.outSize();
    int kernel = (int) dimension(prefix + "weight", 2);
    expect(prefix + "weight", out, in, kernel, kernel);
    expect(prefix + "bias", out);
    expect(prefix + "magnitude_ema");
    int up = last ? 1 : factor(prefix + "up_filter");
    int down = last ? 1 : factor(prefix + "down_filter");
    expect(prefix + "affine.weight", in, wDim);
    expect(prefix + "affine.bias", in);
    return new SynthesisLayer(name, inSize, outSize, in, out, up, down, kernel, last);
  }

  /** The factor that a filter is made for; radial filters have as many rows as taps. */
  private int factor(String name) {
    long[] shape = found.get(name);
    if (shape == null || !isFilter(shape)) {
      expect(name, 2L * SynthesisLayer.TAPS);
      return 2;
    }
    expect(name, shape);
    return (int) shape[0] / SynthesisLayer.TAPS;
  }

  /** A factor of 1 has no filter. */
  private static boolean isFilter(long[] shape) {
    boolean radial = shape.length == 2 && shape[0] == shape[1];
    return (shape.length == 1 || radial)
        && shape[0] > SynthesisLayer.TAPS
        && shape[0] % SynthesisLayer.TAPS == 0;
  }

  private void expect(String name, long... shape) {
    expected.put(name, shape);
  }

  private long dimension(String name, int index) {
    long[] shape = found.get(name);
    if (shape == null || shape.length <= index) {
      throw new InputException(
          source + " does not hold a StyleGAN-XL generator: '" + name + "' is missing or a scalar");
    }
    return shape[index];
  }

  private void requireExpected() {
    List<String> missing = new ArrayList<>();
    List<String> misshapen = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          if (!found.containsKey(name)) {
            missing.add(name);
          } else if (!same(found.get(name), shape)) {
            misshapen.add(name + " " + text(found.get(name)) + " instead of " + text(shape));
          }
        });
    List<String> unused =
        found.keySet().stream()
            // Published generators without classes carry the table all the same.
            .filter(name -> !expected.containsKey(name) && !name.equals(EMBEDDINGS))
            .toList();
    if (missing.isEmpty() && misshapen.isEmpty() && unused.isEmpty()) {
      return;
    }
    throw new InputException(
        source
            + " does not hold the weights of a StyleGAN-XL generator:"
            + listed(" missing ", missing)
            + listed(" not used ", unused)
            + listed(" of another shape ", misshapen));
  }

  /** Scalars may be stored as vectors of one element. */
  private static boolean same(long[] found, long[] expected) {
    return Arrays.equals(found, expected)
        || (expected.length == 0 && found.length == 1 && found[0] == 1);
  }

  private static String text(long[] shape) {
    return Arrays.toString(shape);
  }

  private static String listed(String what, List<String> names) {
    return names.isEmpty() ? "" : what + Listed.some(names) + ";";
  }
}
