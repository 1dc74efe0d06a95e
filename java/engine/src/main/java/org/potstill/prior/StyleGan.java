package org.potstill.prior;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.kernels.Kernels;
import org.potstill.random.RandomStream;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * A StyleGAN-XL generator as a function: it is handed its weights and holds none.
 *
 * <p>An image comes from intermediate latents "w+", one for the input and one for every layer, and
 * may be cut at any layer into a feature map and the layers after it, as GLaD does (Cazenavette et
 * al. 2023, section 3.2). Immutable and safe for use by several threads; tensors that come back are
 * live in the caller's {@code PointerScope}.
 */
public final class StyleGan {

  private final int zDim;
  private final int wDim;
  private final int classes;
  private final MappingNetwork mapping;
  private final Synthesis synthesis;

  StyleGan(int zDim, int wDim, int classes, MappingNetwork mapping, Synthesis synthesis) {
    this.zDim = zDim;
    this.wDim = wDim;
    this.classes = classes;
    this.mapping = mapping;
    this.synthesis = synthesis;
  }

  /** What a loss changes with; see {@link #pullBack}. */
  public record Gradients(Tensor latents, Tensor features) {}

  /**
   * The generator that {@code weights} belong to; its sizes are theirs.
   *
   * @param source where they are from, for messages
   * @throws org.potstill.errors.InputException where they are not those of a StyleGAN-XL generator;
   *     it names what is missing, what is not used and what has another shape
   */
  public static StyleGan of(NamedTensors weights, String source) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (String name : weights.names()) {
      shapes.put(name, Tensors.shape(weights.get(name)));
    }
    return StyleGanShapes.read(shapes, source);
  }

  /** The generator whose weights have these shapes; see {@link #of(NamedTensors, String)}. */
  public static StyleGan of(Map<String, List<Long>> shapes, String source) {
    Map<String, long[]> dimensions = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) -> dimensions.put(name, shape.stream().mapToLong(Long::longValue).toArray()));
    return StyleGanShapes.read(dimensions, source);
  }

  /**
   * Random weights, as a generator has them before it is trained.
   *
   * @return the caller closes it
   */
  public static NamedTensors initialise(StyleGanConfig config, RandomStream random) {
    return StyleGanLayout.initialise(config, random);
  }

  /** Names and shapes of the weights of a configuration, in the order of the published state. */
  public static Map<String, long[]> layout(StyleGanConfig config) {
    return StyleGanLayout.shapes(config);
  }

  /**
   * The same generator, whose convolutions and activations {@code kernels} compute wherever its
   * tensors lie in host memory and LibTorch need not differentiate them; {@link #pullBack} is such
   * a place.
   */
  public StyleGan with(Kernels kernels) {
    return new StyleGan(zDim, wDim, classes, mapping, synthesis.with(kernels));
  }

  /** Width of the random latent. */
  public int zDim() {
    return zDim;
  }

  /** Width of an intermediate latent. */
  public int wDim() {
    return wDim;
  }

  /** Intermediate latents of an image: one for the input and one for every layer. */
  public int latents() {
    return layers() + 1;
  }

  /** Number of layers, the one to RGB included. */
  public int layers() {
    return synthesis.layers().size();
  }

  /** The layers in order. */
  List<SynthesisLayer> synthesisLayers() {
    return synthesis.layers();
  }

  /** Classes that it was trained with; 0 for none. */
  public int classes() {
    return classes;
  }

  /** Rows and columns of the images. */
  public int imageSize() {
    return synthesis.layers().get(layers() - 1).outSize();
  }

  /** Channels of the images. */
  public int imageChannels() {
    return synthesis.layers().get(layers() - 1).outChannels();
  }

  /**
   * Channels, rows and columns of the feature map that layer {@code layer} takes.
   *
   * @param layer from 0 to {@link #layers()} - 1
   */
  public long[] featureShape(int layer) {
    SynthesisLayer taking = synthesis.layers().get(layer);
    return new long[] {taking.inChannels(), taking.inSize(), taking.inSize()};
  }

  /**
   * Bytes of native memory that {@link #pullBack} needs for one image: inputs and outputs of the
   * convolutions from {@code layer} on, and four maps of the largest layer that it works with.
   * Activations work on a few channels at a time and need little beside.
   */
  public long pullBackBytes(int layer) {
    long elements = 0;
    long largest = 0;
    for (SynthesisLayer each : synthesis.layers().subList(layer, layers())) {
      long side = each.inSize() + each.kernel() - 1L;
      long input = (long) each.inChannels() * each.inSize() * each.inSize();
      long output = each.outChannels() * side * side;
      elements += input + output;
      largest = Math.max(largest, Math.max(input, output));
    }
    return Float.BYTES * (elements + 4 * largest);
  }

  /**
   * Intermediate latents, the same for every layer.
   *
   * @param z (N, z) standard normal
   * @param classIndices (N) int64; not looked at without a class condition
   * @param truncation 1 for none
   * @return (N, latents, w)
   */
  public Tensor mapping(NamedTensors weights, Tensor z, Tensor classIndices, double truncation) {
    Tensor result = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor w = mapping.apply(weights, z, classIndices, truncation);
      result.put(w.unsqueeze(1).repeat(1, latents(), 1));
    }
    return result;
  }

  /**
   * The feature map that layer {@code layer} takes.
   *
   * @param ws (N, latents, w)
   * @return (N, C, H, W) as {@link #featureShape} says
   */
  public Tensor toFeatures(NamedTensors weights, Tensor ws, int layer) {
    return synthesis.toFeatures(weights, ws, layer);
  }

  /**
   * The image from a feature map and the layers from {@code layer} on.
   *
   * @return (N, channels, size, size), about -1 to 1
   */
  public Tensor fromFeatures(NamedTensors weights, Tensor ws, Tensor features, int layer) {
    return synthesis.fromFeatures(weights, ws, features, layer);
  }

  /**
   * The image of intermediate latents alone.
   *
   * @return (N, channels, size, size), about -1 to 1
   */
  public Tensor images(NamedTensors weights, Tensor ws) {
    return fromFeatures(weights, ws, toFeatures(weights, ws, 0), 0);
  }

  /**
   * The gradients of a loss with respect to the arguments of {@link #fromFeatures}, given that with
   * respect to its image. Memory for {@link #pullBackBytes} an image.
   */
  public Gradients pullBack(
      NamedTensors weights, Tensor ws, Tensor features, int layer, Tensor imageGradient) {
    Synthesis.Gradients found = synthesis.pullBack(weights, ws, features, layer, imageGradient);
    return new Gradients(found.latents(), found.features());
  }
}
