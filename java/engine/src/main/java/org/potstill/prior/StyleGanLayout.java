package org.potstill.prior;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The entries of a generator's state in the order of the published one, and what each is drawn
 * from: standard normal weights, zero biases and designed filters.
 */
final class StyleGanLayout {

  private static final int MAPPING_LAYERS = 2;

  private final StyleGanConfig config;
  private final Map<String, Slot> slots = new LinkedHashMap<>();

  private StyleGanLayout(StyleGanConfig config) {
    this.config = config;
  }

  /** Initial values, made when they are asked for. */
  private interface Fill {
    float[] values(RandomStream random, int size);
  }

  @SuppressWarnings("ArrayRecordComponent") // Shapes are read, never compared.
  private record Slot(long[] shape, Fill fill) {

    private Tensor draw(RandomStream random) {
      return Tensors.of(fill.values(random, size()), shape);
    }

    private int size() {
      long size = 1;
      for (long length : shape) {
        size *= length;
      }
      return Math.toIntExact(size);
    }
  }

  /** The shapes of all entries by name, in order. */
  static Map<String, long[]> shapes(StyleGanConfig config) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    of(config).slots.forEach((name, slot) -> shapes.put(name, slot.shape().clone()));
    return shapes;
  }

  /**
   * Random weights.
   *
   * @return the caller closes it
   */
  static NamedTensors initialise(StyleGanConfig config, RandomStream random) {
    LibTorch.load();
    NamedTensors state = new NamedTensors();
    try {
      of(config)
          .slots
          .forEach(
              (name, slot) -> {
                try (PointerScope scope = new PointerScope()) {
                  state.put(name, slot.draw(random));
                }
              });
      return state;
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  private static StyleGanLayout of(StyleGanConfig config) {
    StyleGanLayout layout = new StyleGanLayout(config);
    // A stage of super-resolution takes over the mapping of its stem before it adds to it.
    if (config.heads().isEmpty()) {
      layout.synthesis();
      layout.mapping();
    } else {
      layout.mapping();
      layout.synthesis();
    }
    return layout;
  }

  private void mapping() {
    int width = config.embeddings().width();
    int classes = config.classes();
    if (classes > 0) {
      constant(0, "mapping.w_avg", classes, config.wDim());
    } else {
      constant(0, "mapping.w_avg", config.wDim());
    }
    if (width > 0) {
      gaussian(1, "mapping.embed.weight", config.embeddings().rows(), width);
    }
    if (classes > 0) {
      dense("mapping.embed_proj", width, config.zDim(), 1);
    }
    int in = config.zDim() * (classes > 0 ? 2 : 1);
    for (int i = 0; i < MAPPING_LAYERS; i++) {
      dense("mapping.fc" + i, in, config.wDim(), MappingNetwork.MULTIPLIER);
      in = config.wDim();
    }
  }

  private void synthesis() {
    boolean first = true;
    for (SynthesisPlan.Filtered filtered : SynthesisPlan.of(config)) {
      if (first) {
        input(filtered.layer().inChannels());
        first = false;
      }
      layer(filtered);
    }
  }

  private void input(int channels) {
    String prefix = FourierInput.PREFIX;
    gaussian(1, prefix + "weight", channels, channels);
    fixed(prefix + "transform", () -> new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, 3, 3);
    put(prefix + "freqs", StyleGanLayout::frequencies, channels, 2);
    put(prefix + "phases", (random, size) -> uniform(random, size), channels);
    constant(0, prefix + "affine.weight", 4, config.wDim());
    fixed(prefix + "affine.bias", () -> new float[] {1, 0, 0, 0}, 4);
  }

  private void layer(SynthesisPlan.Filtered filtered) {
    SynthesisLayer layer = filtered.layer();
    int kernel = layer.kernel();
    gaussian(1, layer.entry("weight"), layer.outChannels(), layer.inChannels(), kernel, kernel);
    constant(0, layer.entry("bias"), layer.outChannels());
    constant(1, layer.entry("magnitude_ema"));
    filter(layer.entry("up_filter"), filtered.upFilter());
    filter(layer.entry("down_filter"), filtered.downFilter());
    gaussian(1, layer.entry("affine.weight"), layer.inChannels(), config.wDim());
    constant(1, layer.entry("affine.bias"), layer.inChannels());
  }

  private void filter(String name, float[] taps) {
    if (taps.length > 0) {
      fixed(name, () -> taps.clone(), taps.length);
    }
  }

  private void dense(String name, int in, int out, double multiplier) {
    gaussian(1 / multiplier, name + ".weight", out, in);
    constant(0, name + ".bias", out);
  }

  /**
   * Frequencies (cycles per unit of length) of the input, in a disc of the bandwidth (Karras et al.
   * 2021, appendix F): normal draws with their lengths brought to a nearly even spread.
   */
  private static float[] frequencies(RandomStream random, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i += 2) {
      double x = random.nextGaussian();
      double y = random.nextGaussian();
      double square = x * x + y * y;
      double length = Math.sqrt(square) * StrictMath.exp(square / 4);
      values[i] = (float) (x / length * SynthesisPlan.FIRST_CUTOFF);
      values[i + 1] = (float) (y / length * SynthesisPlan.FIRST_CUTOFF);
    }
    return values;
  }

  private static float[] uniform(RandomStream random, int size) {
    float[] values = new float[size];
    random.fillUniform(values, -0.5f, 0.5f);
    return values;
  }

  private void gaussian(double deviation, String name, long... shape) {
    put(
        name,
        (random, size) -> {
          float[] values = new float[size];
          random.fillGaussian(values, 0, deviation);
          return values;
        },
        shape);
  }

  private void constant(float value, String name, long... shape) {
    put(
        name,
        (random, size) -> {
          float[] values = new float[size];
          Arrays.fill(values, value);
          return values;
        },
        shape);
  }

  private void fixed(String name, Supplier<float[]> values, long... shape) {
    put(name, (random, size) -> values.get(), shape);
  }

  private void put(String name, Fill fill, long... shape) {
    slots.put(name, new Slot(shape, fill));
  }
}
