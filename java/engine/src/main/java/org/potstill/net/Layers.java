package org.potstill.net;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.potstill.random.RandomStream;
import org.potstill.tensor.Determinism;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.NormReluPool;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Segments;
import org.potstill.tensor.Tensors;

/**
 * The layers of one pass: each finds its parameters in the state by the name that it has in the
 * {@link StateLayout}. What they give back is live in the scope of the pass.
 */
public final class Layers {

  /** Of the running statistics of batch norm, as in the reference framework. */
  private static final double MOMENTUM = 0.1;

  static final double EPSILON = 1e-5;
  private static final double LEAK = 0.01;

  private final NamedTensors state;
  private final Pass pass;
  private final NamedTensors moved = new NamedTensors();

  /** What does layers by hand; null for LibTorch alone. */
  private final LayerKernels kernels;

  /** The pass cut where a kernel does something that is differentiated; null where none must. */
  private final Segments segments;

  Layers(NamedTensors state, Pass pass) {
    this(state, pass, null, null);
  }

  Layers(NamedTensors state, Pass pass, LayerKernels kernels, Segments segments) {
    this.state = state;
    this.pass = pass;
    this.kernels = kernels;
    this.segments = segments;
  }

  /** The buffers that the pass has moved; the caller closes them. */
  NamedTensors movedBuffers() {
    return moved;
  }

  /**
   * The entry called {@code name}, for arithmetic that is not here; not to be overwritten.
   *
   * @throws IllegalArgumentException where the state has none
   */
  public Tensor parameter(String name) {
    return state.get(name);
  }

  /**
   * A convolution (cross-correlation, zeros around the image).
   *
   * @param name of its entries in the layout: {@code name.weight} and {@code name.bias}
   * @param input (N, in, H, W)
   * @param bias whether the layout has one
   * @param padding zeros on every side
   * @return (N, out, (H + 2 padding - kernel) / stride + 1, ...)
   * @throws IllegalArgumentException where the input has other channels, or is smaller than the
   *     kernel
   */
  public Tensor convolution(String name, Tensor input, boolean bias, int stride, int padding) {
    Tensor weight = state.get(name + ".weight");
    Tensor shift = bias ? state.get(name + ".bias") : null;
    ShapeChecks.requireMaps(name, input, weight, padding);
    if (stride == 1
        && mayGoToKernel(input, weight, shift)
        && kernels.convolution().takes(input, weight, padding)) {
      return kernels.convolution().apply(segments, input, weight, shift, padding);
    }
    return torch.conv2d(
        input,
        weight,
        bias ? new TensorOptional(shift) : new TensorOptional(),
        new long[] {stride, stride},
        new long[] {padding, padding},
        new long[] {1, 1},
        1);
  }

  /** Whether there are kernels, and autograd does not have to see what they do. */
  private boolean mayGoToKernel(Tensor input, Tensor weight, Tensor bias) {
    return kernels != null
        && Segments.mayHide(segments, input, weight, bias)
        && !Precision.isReducedOnCpu();
  }

  /** A value that several layers take. */
  Tensor shared(Tensor value) {
    return segments == null ? value : segments.shared(value);
  }

  /**
   * A linear layer of the last dimension.
   *
   * @param name of its entries in the layout: {@code name.weight} and {@code name.bias}
   * @param input (..., in)
   * @param bias whether the layout has one
   * @return (..., out)
   * @throws IllegalArgumentException where the last dimension of the input is another
   */
  public Tensor linear(String name, Tensor input, boolean bias) {
    Tensor weight = state.get(name + ".weight");
    ShapeChecks.requireEnd(name, input, weight.size(1));
    return bias
        ? torch.linear(input, weight, new TensorOptional(state.get(name + ".bias")))
        : torch.linear(input, weight);
  }

  /**
   * A norm of maps. Batch norm takes the statistics of the batch in training, and moves its running
   * ones; group norm has 4 groups.
   *
   * @param name of its entries in the layout
   * @param input (N, C, H, W)
   * @return the same shape; the input itself for {@link Norm#NONE}
   */
  public Tensor norm(Norm norm, String name, Tensor input) {
    return switch (norm) {
      case NONE -> input;
      case BATCH -> batchNorm(name, input);
      case LAYER -> layerNorm(name, input);
      case GROUP -> groupNorm(name, input, 4);
      case INSTANCE -> instanceNorm(name, input, false);
    };
  }

  /** A norm and the ReLU after it. */
  Tensor normRelu(Norm norm, String name, Tensor input) {
    return norm == Norm.INSTANCE ? instanceNorm(name, input, true) : relu(norm(norm, name, input));
  }

  private Tensor instanceNorm(String name, Tensor input, boolean relu) {
    NormReluPool kernel = kernels == null ? null : relu ? kernels.normRelu() : kernels.norm();
    Tensor byKernel = byKernel(kernel, name, input);
    if (byKernel != null) {
      return byKernel;
    }
    Tensor normed = groupNorm(name, input, input.size(1));
    return relu ? relu(normed) : normed;
  }

  /**
   * An instance norm and what the kernel does after it.
   *
   * @param kernel may be null
   * @return null where the kernel may not do it
   */
  Tensor byKernel(NormReluPool kernel, String name, Tensor input) {
    Tensor scale = state.get(name + ".weight");
    Tensor shift = state.get(name + ".bias");
    if (kernel == null || !mayGoToKernel(input, scale, shift) || !kernel.takes(input)) {
      return null;
    }
    NormReluPool.Forward left = kernel.forward(new NormReluPool.Operands(input, scale, shift));
    if (segments == null) {
      return left.output();
    }
    return segments.cut(
        input,
        left.output(),
        (maps, gradient, wanted, parameters) -> {
          NormReluPool.Operands gradients =
              kernel.gradients(new NormReluPool.Operands(maps, scale, shift), left, gradient);
          parameters.offer(scale, gradients::scale);
          parameters.offer(shift, gradients::shift);
          return wanted ? gradients.maps() : null;
        });
  }

  /**
   * With the channels first, since LibTorch 2.10 with the channels last is slow, loses digits where
   * a map hardly varies, and ends the process in the gradient of a scale alone.
   */
  private Tensor groupNorm(String name, Tensor input, long groups) {
    TensorOptional scale = new TensorOptional(state.get(name + ".weight"));
    TensorOptional shift = new TensorOptional(state.get(name + ".bias"));
    return torch.group_norm(input.contiguous(), groups, scale, shift, EPSILON, true);
  }

  /**
   * Layer norm over the last dimensions, those that its scale has.
   *
   * @param name of its entries in the layout: {@code name.weight} and {@code name.bias}
   * @param input (..., scale's shape)
   * @return the same shape
   * @throws IllegalArgumentException where the input does not end in the scale's shape
   */
  public Tensor layerNorm(String name, Tensor input) {
    Tensor scale = state.get(name + ".weight");
    ShapeChecks.requireEnd(name, input, Tensors.shape(scale));
    return torch.layer_norm(
        input,
        Tensors.shape(scale),
        new TensorOptional(scale),
        new TensorOptional(state.get(name + ".bias")),
        EPSILON,
        true);
  }

  /**
   * In training with the channels first: with the channels last LibTorch 2.10 adds up one by one,
   * in single precision. The variances of 256 images of 96 pixels were 2e-3 off.
   */
  private Tensor batchNorm(String name, Tensor input) {
    boolean training = pass.mode() == Mode.TRAIN;
    return torch.batch_norm(
        training && input.is_cpu() ? input.contiguous() : input,
        new TensorOptional(state.get(name + ".weight")),
        new TensorOptional(state.get(name + ".bias")),
        new TensorOptional(statistic(name + ".running_mean", training)),
        new TensorOptional(statistic(name + ".running_var", training)),
        countBatch(name, training),
        MOMENTUM,
        EPSILON,
        true);
  }

  /** A running statistic; in training a copy of it, which the operator moves. */
  private Tensor statistic(String name, boolean training) {
    Tensor statistic = state.get(name);
    if (!training) {
      return statistic;
    }
    Tensor copy = statistic.detach().clone();
    moved.put(name, copy);
    return copy;
  }

  private boolean countBatch(String name, boolean training) {
    String counter = name + ".num_batches_tracked";
    if (training && state.contains(counter)) {
      moved.put(counter, state.get(counter).add(new Scalar(1)));
    }
    return training;
  }

  /**
   * An activation, element by element.
   *
   * @param input any shape; ReLU overwrites it, so it must not be the images themselves
   * @return the same shape
   */
  public Tensor activation(Activation activation, Tensor input) {
    return switch (activation) {
      case RELU -> relu(input);
      case LEAKY_RELU -> torch.leaky_relu(input, new Scalar(LEAK));
      case SIGMOID -> input.sigmoid();
    };
  }

  /** ReLU in place of its input, where that may be overwritten. */
  static Tensor relu(Tensor input) {
    return Segments.isBeginning(input) ? input.relu() : input.relu_();
  }

  /** A sum in place of its first term, where that may be overwritten. */
  static Tensor sum(Tensor into, Tensor term) {
    return Segments.isBeginning(into) ? into.add(term) : into.add_(term);
  }

  /**
   * A pooling of 2 x 2 with stride 2.
   *
   * @param input (N, C, H, W)
   * @return (N, C, H / 2, W / 2), rounded down; the input itself for {@link Pooling#NONE}
   */
  public Tensor pool(Pooling pooling, Tensor input) {
    return switch (pooling) {
      case NONE -> input;
      case AVG -> averagePool(input, 2);
      case MAX -> maxPool(input, 2, 2, 0);
    };
  }

  /**
   * The mean of every {@code size} x {@code size} square.
   *
   * @param input (N, C, H, W)
   * @return (N, C, H / size, W / size), rounded down
   */
  public static Tensor averagePool(Tensor input, long size) {
    ShapeChecks.requireSquare(input, size, 0);
    long[] window = {size, size};
    return torch.avg_pool2d(
        input, window, window, new long[] {0, 0}, false, true, new LongOptional());
  }

  /**
   * The maximum of every {@code size} x {@code size} square, {@code stride} pixels apart.
   *
   * @param input (N, C, H, W)
   * @param padding pixels on every side that are never the maximum
   * @return (N, C, (H + 2 padding - size) / stride + 1, ...), rounded down
   */
  public static Tensor maxPool(Tensor input, long size, long stride, long padding) {
    ShapeChecks.requireSquare(input, size, padding);
    return torch.max_pool2d(
        input,
        new long[] {size, size},
        new long[] {stride, stride},
        new long[] {padding, padding},
        new long[] {1, 1},
        false);
  }

  /**
   * The maximum of {@code size} x {@code size} windows that cover the map, that of row i from
   * {@code floor(i H / size)} to {@code ceil((i + 1) H / size) - 1}.
   */
  static Tensor adaptiveMaxPool(Tensor input, long size) {
    return Determinism.isWanted(input)
        ? windowMaxima(windowMaxima(input, 2, size), 3, size)
        : torch.adaptive_max_pool2d(input, size, size).get0();
  }

  /** Along one dimension, by operators whose gradients add in a fixed order. */
  static Tensor windowMaxima(Tensor input, long dimension, long size) {
    long length = input.size(dimension);
    long longest = 0;
    for (long i = 0; i < size; i++) {
      longest = Math.max(longest, windowEnd(i, length, size) - i * length / size);
    }
    Tensor maxima = null;
    for (long offset = 0; offset < longest; offset++) {
      int[] picked = new int[(int) size];
      for (int i = 0; i < size; i++) {
        long last = windowEnd(i, length, size) - 1;
        picked[i] = (int) Math.min(i * length / size + offset, last);
      }
      Tensor some = torch.index_select(input, dimension, Tensors.indices(input, picked));
      maxima = maxima == null ? some : torch.maximum(maxima, some);
    }
    return maxima;
  }

  private static long windowEnd(long i, long length, long size) {
    return ((i + 1) * length + size - 1) / size;
  }

  /**
   * Dropout with a mask from the stream of the pass, which is the same on every device; nothing
   * outside training or where no stream was given.
   *
   * @param input any shape
   * @param rate share of values that become 0, from 0 and below 1; the others are divided by {@code
   *     1 - rate}
   * @return the same shape; the input itself where nothing is dropped
   */
  public Tensor dropout(Tensor input, double rate) {
    RandomStream random = pass.dropout();
    if (random == null || pass.mode() == Mode.EVAL || rate == 0) {
      return input;
    }
    return input.mul(DropoutMask.of(random, input, rate));
  }

  /** (N, C, H, W) as (N, C * H * W) in the order of a row-major tensor. */
  public static Tensor flatten(Tensor input) {
    return input.contiguous(torch.MemoryFormat.Contiguous).flatten(1, -1);
  }
}
