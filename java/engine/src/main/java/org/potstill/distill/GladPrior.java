package org.potstill.distill;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.Config;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.errors.InputException;
import org.potstill.kernels.Kernels;
import org.potstill.prior.StyleGan;
import org.potstill.prior.StyleGanConfig;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;
import org.potstill.weights.CheckpointReader;
import org.potstill.weights.StateLoader;

/**
 * A StyleGAN generator with its weights, from codes and feature maps to normalised images of the
 * data set's size and back.
 *
 * <p>Owns the weights.
 */
final class GladPrior implements AutoCloseable {

  private static final String RANDOM = "the random generator";
  private static final int SMALLEST = 16;
  private static final double FEATURE_BOUND = 10;

  private final GladSettings settings;
  private final StyleGan generator;
  private final NamedTensors weights;
  private final Normalisation normalisation;
  private final Chunks chunks;

  private GladPrior(
      RowParts parts,
      GladSettings settings,
      StyleGan generator,
      NamedTensors weights,
      Normalisation normalisation) {
    this.chunks = new Chunks(parts, settings.use().chunk());
    this.settings = settings;
    this.generator = generator;
    this.weights = weights;
    this.normalisation = settings.use().normalisation(normalisation);
  }

  /**
   * The generator that {@code asked} asks for, with as many images at a time as fit the memory; a
   * random one that is larger than the images has their middle taken.
   *
   * @param kernels compute the activations where they reach them
   * @param placement where it computes
   * @throws InputException where the weights are missing or of something else, or the generator
   *     does not make such images or has no such layer
   */
  static GladPrior fitted(
      GladSettings asked, Normalisation normalisation, Kernels kernels, Placement placement) {
    return open(asked, normalisation, kernels, true, placement);
  }

  /** As {@link #fitted}, with exactly as many images at a time as {@code settings} say. */
  static GladPrior exact(
      GladSettings settings, Normalisation normalisation, Kernels kernels, Placement placement) {
    return open(settings, normalisation, kernels, false, placement);
  }

  private static GladPrior open(
      GladSettings asked,
      Normalisation normalisation,
      Kernels kernels,
      boolean fitted,
      Placement placement) {
    LibTorch.load();
    PriorUse use = asked.use();
    String source = use.isRandom() ? RANDOM : use.weights().toString();
    try (NamedTensors found = use.isRandom() ? drawn(asked) : PriorWeights.read(use)) {
      StyleGan generator = StyleGan.of(found, source).with(kernels);
      requireFit(asked, generator, source);
      long bytes = generator.pullBackBytes(asked.layer());
      GladSettings settings =
          fitted ? asked.withChunk(MemoryChunks.images(use.chunk(), bytes, placement)) : asked;
      NamedTensors weights = StateLoader.floats(found, source);
      try {
        return new GladPrior(
            fitted ? Chunks.ofRun() : Rendering.parts(),
            settings,
            generator,
            placement.place(weights),
            normalisation);
      } catch (RuntimeException e) {
        weights.close();
        throw e;
      }
    }
  }

  /**
   * Checks what a configuration asks of its generator, as far as names and shapes of the weights
   * tell.
   *
   * @throws InputException where the file is of something else, or the generator has no such layer,
   *     does not make such images or has no such classes
   */
  static void requireFit(Config config, Dataset data) {
    PriorConfig prior = config.distill().prior();
    if (prior.init() == PriorConfig.Init.RANDOM) {
      StyleGanConfig generator =
          random(data.channels(), data.resolution(), prior.channelBase(), prior.channelMax());
      requireLayer(prior.layer(), generator.synthesisLayers(), RANDOM);
      return;
    }
    String source = prior.weights().toString();
    StyleGan generator = StyleGan.of(CheckpointReader.shapes(prior.weights()), source);
    requireFit(GladSettings.of(config, PriorUse.asked(config, data)), generator, source);
    if (generator.classes() > 0) {
      PriorClasses.require(data, config.data().classIndex(), generator.classes());
    }
  }

  private static StyleGanConfig random(
      int channels, int resolution, int channelBase, int channelMax) {
    int size = SMALLEST;
    while (size < resolution) {
      size *= 2;
    }
    return StyleGanConfig.random(channels, size, channelBase, channelMax);
  }

  private static void requireLayer(int layer, int layers, String source) {
    if (layer >= layers) {
      throw new InputException(
          "distill.prior.layer: "
              + layer
              + " is past the last layer of "
              + source
              + "; allowed: 0 to "
              + (layers - 1));
    }
  }

  private static NamedTensors drawn(GladSettings settings) {
    return StyleGan.initialise(
        random(
            settings.use().channels(),
            settings.use().resolution(),
            settings.channelBase(),
            settings.channelMax()),
        RandomStream.of(settings.use().seed(), Purpose.PRIOR_INITIALISATION, 0, 0));
  }

  private static void requireFit(GladSettings settings, StyleGan generator, String source) {
    PriorUse use = settings.use();
    requireLayer(settings.layer(), generator.layers(), source);
    if (use.isRandom()) {
      return;
    }
    if (generator.imageSize() != use.resolution() || generator.imageChannels() != use.channels()) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "data.resolution: %s makes images of %d pixels and %d channels, not of %d pixels and"
                  + " %d channels; set data.resolution to %d, or take weights for %d",
              source,
              generator.imageSize(),
              generator.imageChannels(),
              use.resolution(),
              use.channels(),
              generator.imageSize(),
              use.resolution()));
    }
    use.requireInit(source, generator.classes() > 0);
  }

  /** The generator. */
  StyleGan generator() {
    return generator;
  }

  /** Its weights, owned by this prior. */
  NamedTensors weights() {
    return weights;
  }

  /** Hands over the run's wish to stop, which every chunk of images asks. */
  void heed(CancellationToken cancellation) {
    chunks.heed(cancellation);
  }

  /** What the images depend on besides latents and normalisation. */
  GladSettings settings() {
    return settings;
  }

  /**
   * Feature maps of codes: values that are not finite are replaced, and all are clipped to +-10.
   *
   * @param codes (N, latents, w)
   * @return (N, C, H, W)
   */
  Tensor features(Tensor codes) {
    return chunks.join(
        codes.size(0),
        (start, length) ->
            torch
                .nan_to_num(
                    generator.toFeatures(weights, codes.narrow(0, start, length), settings.layer()))
                .clamp(
                    new ScalarOptional(new Scalar(-FEATURE_BOUND)),
                    new ScalarOptional(new Scalar(FEATURE_BOUND))));
  }

  /**
   * Normalised images.
   *
   * @return (N, C, H, W) of the data set's size
   */
  Tensor images(Tensor codes, Tensor features) {
    return chunks.join(
        codes.size(0),
        (start, length) -> {
          Tensor made =
              generator.fromFeatures(
                  weights,
                  codes.narrow(0, start, length),
                  features.narrow(0, start, length),
                  settings.layer());
          Tensor pixels = middle(made).add(new Scalar(1)).mul(new Scalar(0.5));
          return pixels
              .sub(Tensors.perChannel(pixels, normalisation.mean()))
              .div(Tensors.perChannel(pixels, normalisation.std()));
        });
  }

  /**
   * Pulls a gradient back through {@link #images}, adding that of the codes and that of the feature
   * maps to {@code result} under these names.
   */
  void pullBack(
      Tensor codes, Tensor features, Tensor imageGradient, String[] names, NamedTensors result) {
    try (PointerScope scope = new PointerScope()) {
      Tensor[] gradients =
          chunks.joinEach(
              codes.size(0),
              2,
              (start, length) -> {
                Tensor scaled =
                    imageGradient
                        .narrow(0, start, length)
                        .div(
                            Tensors.perChannel(imageGradient, normalisation.std())
                                .mul(new Scalar(2)));
                StyleGan.Gradients found =
                    generator.pullBack(
                        weights,
                        codes.narrow(0, start, length),
                        features.narrow(0, start, length),
                        settings.layer(),
                        around(scaled));
                return new Tensor[] {found.latents(), found.features()};
              });
      result.put(names[0], gradients[0]);
      result.put(names[1], gradients[1]);
    }
  }

  private Tensor middle(Tensor images) {
    long margin = margin();
    int side = settings.use().resolution();
    return margin == 0 && images.size(2) == side
        ? images
        : images.narrow(2, margin, side).narrow(3, margin, side);
  }

  /** A gradient of the middle as one of the whole image. */
  private Tensor around(Tensor gradient) {
    long before = margin();
    long after = generator.imageSize() - settings.use().resolution() - before;
    return before == 0 && after == 0
        ? gradient
        : torch.constant_pad_nd(gradient, new long[] {before, after, before, after}, new Scalar(0));
  }

  private long margin() {
    return (generator.imageSize() - settings.use().resolution()) / 2L;
  }

  /** Gives the weights back. */
  @Override
  public void close() {
    weights.close();
  }
}
