package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.InputException;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.NormReluPool;
import org.potstill.tensor.Precision;

/**
 * The network of the distillation papers (Gidaris and Komodakis 2018; Zhao, Mopuri and Bilen 2021):
 * blocks of 3x3 convolution, norm, activation and pooling, then one linear layer.
 *
 * <p>Input (N, channels, size, size); features are the flattened maps of the last block, (N, width
 * * side * side). The variant {@code convnet-gap} doubles the width from block to block and hands
 * the mean of every map to the linear layer.
 */
public final class ConvNet extends AbstractNetwork {

  /** Name of the network. */
  public static final String NAME = "convnet";

  /** Name of the variant with doubling widths and global average pooling. */
  public static final String GAP_NAME = "convnet-gap";

  /** Prefix of the linear layer's parameters. */
  static final String CLASSIFIER = "classifier";

  /** Measured at a depth of 3; every block has a quarter of the one before. */
  private static final long MAPS_IN_TRAINING = 7;

  /** One block: the position of its convolution in the published list of layers, its padding. */
  record Block(String convolution, String norm, int padding) {}

  private final List<Block> blocks;
  private final Norm norm;
  private final Pooling pooling;
  private final Activation activation;
  private final boolean globalAverage;
  private final long width;

  /** What does the blocks by hand; null where nothing does. */
  private final ConvNetKernels kernels;

  private ConvNet(NetworkSpec spec, boolean globalAverage, StateLayout layout, List<Block> blocks) {
    super(spec.name(), spec.classes(), layout);
    this.kernels = null;
    this.blocks = List.copyOf(blocks);
    this.norm = spec.norm();
    this.pooling = spec.pooling();
    this.activation = spec.activation();
    this.globalAverage = globalAverage;
    this.width = spec.width();
  }

  private ConvNet(ConvNet plain, ConvNetKernels kernels) {
    super(plain.name(), plain.classes(), plain.layout());
    this.blocks = plain.blocks;
    this.norm = plain.norm;
    this.pooling = plain.pooling;
    this.activation = plain.activation;
    this.globalAverage = plain.globalAverage;
    this.width = plain.width;
    this.kernels = kernels;
  }

  /** LibTorch's group and layer norms lose digits, or time, with the channels last. */
  @Override
  boolean worksByKernels() {
    return norm == Norm.INSTANCE || norm == Norm.BATCH || norm == Norm.NONE;
  }

  /** On the CPU, norm, ReLU and pooling go to a kernel too where they are of its kind. */
  @Override
  public Network with(Kernels some) {
    boolean fits = norm == Norm.INSTANCE && activation == Activation.RELU && pooling != Pooling.MAX;
    // LibTorch's operators are faster than the Java kernels.
    if (!fits || !(some instanceof CpuKernels)) {
      return super.with(some);
    }
    int window = pooling == Pooling.AVG ? 2 : 1;
    LayerKernels layers = LayerKernels.of(some);
    NormReluPool afterwards = new NormReluPool(some, window, true, Layers.EPSILON);
    return new ConvNet(this, new ConvNetKernels(layers.convolution(), afterwards)).with(layers);
  }

  /**
   * Builds the network of {@code spec}, with all its values given.
   *
   * @throws InputException where the images are too small for the depth, or the width does not fit
   *     the norm
   */
  static ConvNet of(NetworkSpec spec, boolean globalAverage) {
    if (spec.norm() == Norm.GROUP && spec.width() % 4 != 0) {
      throw new InputException(
          spec.name()
              + ": group norm has four groups, so that a width of "
              + spec.width()
              + " does not fit; take a multiple of 4");
    }
    StateLayout layout = new StateLayout();
    List<Block> blocks = new ArrayList<>();
    int layersPerBlock =
        2 + (spec.norm() == Norm.NONE ? 0 : 1) + (spec.pooling() == Pooling.NONE ? 0 : 1);
    int size = spec.paddedSize();
    int smallest = size;
    int in = spec.channels();
    for (int depth = 0; depth < spec.depth(); depth++) {
      int out = globalAverage ? spec.width() << depth : spec.width();
      int position = depth * layersPerBlock;
      Block block =
          new Block(
              "features." + position,
              "features." + (position + 1),
              depth == 0 ? 1 + spec.extraPadding() : 1);
      layout.convolution(block.convolution(), in, out, 3, true);
      layout.norm(spec.norm(), block.norm(), out, size);
      smallest = size;
      blocks.add(block);
      in = out;
      size = spec.pooling() == Pooling.NONE ? size : size / 2;
    }
    requireRoom(spec, size);
    spec.requirePositions(smallest);
    layout.linear(CLASSIFIER, globalAverage ? in : (long) in * size * size, spec.classes(), true);
    return new ConvNet(spec, globalAverage, layout, blocks);
  }

  private static void requireRoom(NetworkSpec spec, int size) {
    if (size < 1) {
      throw new InputException(
          spec.name()
              + ": images of "
              + spec.imageSize()
              + " pixels are too small for a depth of "
              + spec.depth()
              + "; each block halves them");
    }
  }

  @Override
  protected boolean usesDropout() {
    return false;
  }

  @Override
  protected long largestMap(long pixels) {
    return width * pixels;
  }

  @Override
  protected long mapsInTraining() {
    return MAPS_IN_TRAINING;
  }

  @Override
  protected Tensor features(Layers layers, Tensor input) {
    Tensor value = input;
    for (Block block : blocks) {
      value = layers.convolution(block.convolution(), value, true, 1, block.padding());
      value = afterConvolution(layers, block, value);
    }
    return Layers.flatten(globalAverage ? torch.adaptive_avg_pool2d(value, 1, 1) : value);
  }

  private Tensor afterConvolution(Layers layers, Block block, Tensor maps) {
    if (kernels != null) {
      Tensor fused = layers.byKernel(kernels.afterwards(), block.norm(), maps);
      if (fused != null) {
        return fused;
      }
    }
    Tensor normed = layers.norm(norm, block.norm(), maps);
    return layers.pool(pooling, layers.activation(activation, normed));
  }

  @Override
  Backpropagation backpropagation(
      NamedTensors networkState,
      Tensor input,
      Pass pass,
      Backpropagation.Output output,
      Backpropagation.Wanted wanted) {
    return goesOwnWay(input)
        ? new ConvNetBackpropagation(
            passes(networkState, pass), networkState, input, output, wanted)
        : super.backpropagation(networkState, input, pass, output, wanted);
  }

  @Override
  GradientPass gradientPass(
      NamedTensors networkState,
      Tensor input,
      Pass pass,
      List<String> parameters,
      UnaryOperator<Tensor> loss) {
    return goesOwnWay(input)
        ? new ConvNetGradientPass(passes(networkState, pass), networkState, input, parameters, loss)
        : super.gradientPass(networkState, input, pass, parameters, loss);
  }

  private ConvNetPasses passes(NamedTensors networkState, Pass pass) {
    return new ConvNetPasses(blocks, kernels, networkState, pass);
  }

  /** The input, and of every block what went in and out of norm and pooling, with its gradient. */
  @Override
  long gradientPassBytes(Tensor input) {
    if (!goesOwnWay(input)) {
      return 0;
    }
    long height = input.size(2);
    long columns = input.size(3);
    long elements = input.size(1) * height * columns;
    int window = pooling == Pooling.AVG ? 2 : 1;
    for (Block block : blocks) {
      height += 2L * (block.padding() - 1);
      columns += 2L * (block.padding() - 1);
      elements += 2 * width * height * columns;
      height /= window;
      columns /= window;
      elements += 2 * width * height * columns;
    }
    return Float.BYTES * elements;
  }

  private boolean goesOwnWay(Tensor input) {
    return kernels != null
        && kernels.afterwards().takes(input)
        && !globalAverage
        && !Precision.isReducedOnCpu();
  }

  @Override
  protected Tensor classify(Layers layers, Tensor input) {
    return layers.linear(CLASSIFIER, features(layers, input), true);
  }
}
