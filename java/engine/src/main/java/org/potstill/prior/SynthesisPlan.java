package org.potstill.prior;

import java.util.ArrayList;
import java.util.List;

/**
 * The layers of a synthesis by the published rules: cutoff and stopband grow geometrically up to
 * the last layers, which are critically sampled (Karras et al. 2021, section 3.2 and appendix F);
 * every super-resolution stage drops the layers that were critically sampled and continues from the
 * filter of the last one left (Sauer et al. 2022, section 3.3).
 */
final class SynthesisPlan {

  /** Samples beyond the image on every side. */
  static final int MARGIN = 10;

  /** Cutoff of the first layer, which is the bandwidth of the input. */
  static final double FIRST_CUTOFF = 2;

  private static final double FIRST_STOPBAND = Math.pow(2, 2.1);
  private static final double LAST_STOPBAND = Math.pow(2, 0.3);
  private static final int CRITICAL = 2;
  private static final int KERNEL = 3;
  private static final int OVERSAMPLING = 2;

  private final StyleGanConfig config;
  private final List<Layer> layers = new ArrayList<>();

  private SynthesisPlan(StyleGanConfig config) {
    this.config = config;
  }

  /**
   * What the output of a layer is sampled like.
   *
   * @param cutoff frequency up to which it carries signal
   * @param stopband frequency from which it carries none
   * @param rate sampling rate, of a unit of length
   * @param size rows and columns
   * @param channels of it
   */
  private record Band(double cutoff, double stopband, double rate, int size, int channels) {

    private double halfWidth() {
      return Math.max(stopband, rate / 2) - cutoff;
    }

    /** Up to the frequency where the transition of its filter ends, if that is further. */
    private Band widened() {
      return new Band(cutoff, Math.max(stopband, rate / 2), rate, size, channels);
    }
  }

  /**
   * A layer with what its filters are designed from.
   *
   * @param number in its name, which may leave gaps
   */
  private record Layer(int number, Band in, Band out, boolean critical, boolean toRgb) {

    private double innerRate() {
      return Math.max(in.rate(), out.rate()) * (toRgb ? 1 : OVERSAMPLING);
    }

    private SynthesisLayer layer() {
      return new SynthesisLayer(
          "L" + number + "_" + out.size() + "_" + out.channels(),
          in.size(),
          out.size(),
          in.channels(),
          out.channels(),
          (int) Math.rint(innerRate() / in.rate()),
          (int) Math.rint(innerRate() / out.rate()),
          toRgb ? 1 : KERNEL,
          toRgb);
    }

    private Filtered filtered() {
      SynthesisLayer layer = layer();
      return new Filtered(
          layer, filter(layer.taps(layer.up()), in), filter(layer.taps(layer.down()), out));
    }

    private float[] filter(int taps, Band band) {
      return taps == 1
          ? new float[0]
          : LowPassFilter.design(taps, band.cutoff(), band.halfWidth() * 2, innerRate(), false);
    }
  }

  /**
   * A layer with its filters.
   *
   * @param upFilter taps; empty for none
   * @param downFilter likewise
   */
  @SuppressWarnings("ArrayRecordComponent") // Filters are applied, never compared.
  record Filtered(SynthesisLayer layer, float[] upFilter, float[] downFilter) {}

  /** The layers of a generator, in order. */
  static List<Filtered> of(StyleGanConfig config) {
    SynthesisPlan plan = new SynthesisPlan(config);
    plan.addStem();
    int resolution = config.resolution();
    for (StyleGanConfig.Head head : config.heads()) {
      resolution *= head.factor();
      plan.addHead(head, resolution);
    }
    return plan.layers.stream().map(Layer::filtered).toList();
  }

  private void addStem() {
    Band first = new Band(FIRST_CUTOFF, FIRST_STOPBAND, 0, 0, 0);
    add(0, curve(first, config.layers(), config.resolution()), config.layers());
  }

  private void addHead(StyleGanConfig.Head head, int resolution) {
    layers.removeIf(Layer::critical);
    Band before = layers.get(layers.size() - 1).out().widened();
    add(layers.size() + 1, curve(before, head.layers(), resolution), head.layers());
  }

  private void add(int firstNumber, List<Band> bands, int count) {
    for (int i = 0; i <= count; i++) {
      Band in = bands.get(Math.max(i - 1, 0));
      layers.add(new Layer(firstNumber + i, in, bands.get(i), i >= count - CRITICAL, i == count));
    }
  }

  /**
   * The outputs of {@code count} layers and the one to RGB.
   *
   * @param start where the curves begin; its rate is kept by the first output, where it has one
   */
  private List<Band> curve(Band start, int count, int resolution) {
    double lastCutoff = resolution / 2.0;
    double lastStopband = lastCutoff * LAST_STOPBAND;
    List<Band> bands = new ArrayList<>();
    for (int i = 0; i <= count; i++) {
      double exponent = Math.min((double) i / (count - CRITICAL), 1);
      double cutoff = start.cutoff() * Math.pow(lastCutoff / start.cutoff(), exponent);
      double stopband = start.stopband() * Math.pow(lastStopband / start.stopband(), exponent);
      double rate =
          i == 0 && start.rate() > 0 ? start.rate() : rate(Math.min(stopband * 2, resolution));
      int size = i > count - 2 ? resolution : (int) rate + 2 * MARGIN;
      bands.add(new Band(cutoff, stopband, rate, size, channels(cutoff, i == count)));
    }
    return bands;
  }

  /** The next power of two. */
  private static double rate(double minimum) {
    double rate = 1;
    while (rate < minimum) {
      rate *= 2;
    }
    return rate;
  }

  /** At least one, which a small base would round away where frequencies are high. */
  private int channels(double cutoff, boolean toRgb) {
    double share = Math.min(config.channelBase() / 2.0 / cutoff, config.channelMax());
    return toRgb ? config.channels() : Math.max(1, (int) Math.rint(share));
  }
}
