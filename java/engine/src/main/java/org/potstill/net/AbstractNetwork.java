package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;
import org.potstill.random.RandomStream;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Segments;

/**
 * What networks made of {@link Layers} share: their state, and the way from an input to features
 * and logits. Subclasses are immutable and say what the layers are.
 */
public abstract class AbstractNetwork implements Network, Cloneable {

  static final long USUAL_CHANNELS = 64;

  /** As in a residual network of 18 layers. */
  static final long USUAL_MAPS = 37;

  private final String name;
  private final int classes;
  private final StateLayout layout;
  private final List<StateEntry> entries;
  private final boolean batchNormed;

  /** For layers on the CPU; null for LibTorch's alone. Set in a copy before anyone else has it. */
  private LayerKernels kernels;

  /**
   * A network.
   *
   * @param name as in the configuration
   * @param classes number of outputs
   * @param layout its parameters and buffers, in order
   */
  protected AbstractNetwork(String name, int classes, StateLayout layout) {
    this.name = name;
    this.classes = classes;
    this.layout = layout;
    this.entries = layout.entries();
    this.batchNormed = entries.stream().anyMatch(entry -> entry.kind() == StateEntry.Kind.COUNTER);
  }

  /**
   * What {@link #embed} gives: the way from images to what the classifier sees.
   *
   * <p>It runs within a scope that gives back what it makes. It may overwrite tensors that it made,
   * never the input.
   *
   * @param layers of this pass
   * @param input (N, C, H, W) float32
   * @return (N, features), row n of image n
   */
  protected abstract Tensor features(Layers layers, Tensor input);

  /**
   * What {@link #logits} gives; most often a linear layer on {@link #features}.
   *
   * @return (N, classes)
   */
  protected abstract Tensor classify(Layers layers, Tensor input);

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final List<StateEntry> state() {
    return entries;
  }

  /** Its parameters and buffers, for a network that computes the same another way. */
  final StateLayout layout() {
    return layout;
  }

  @Override
  public final int classes() {
    return classes;
  }

  @Override
  public final NamedTensors initialise(RandomStream random) {
    return layout.initialise(random);
  }

  @Override
  public final NetworkOutput logits(NamedTensors state, Tensor input, Pass pass) {
    return run(state, input, pass, Backpropagation.Output.LOGITS);
  }

  @Override
  public final NetworkOutput embed(NamedTensors state, Tensor input, Pass pass) {
    return run(state, input, pass, Backpropagation.Output.FEATURES);
  }

  /** Passes of the network's own where it has them, else autograd's. */
  Backpropagation backpropagation(
      NamedTensors networkState,
      Tensor input,
      Pass pass,
      Backpropagation.Output output,
      Backpropagation.Wanted wanted) {
    boolean byKernels = kernels != null && input.is_cpu() && !Precision.isReducedOnCpu();
    return byKernels
        ? new SegmentedBackpropagation(this, networkState, input, pass, output, wanted)
        : new Backpropagation.Autograd(this, networkState, input, pass, output, wanted);
  }

  /** Gradients in the network's own way where it has one, else autograd's. */
  GradientPass gradientPass(
      NamedTensors networkState,
      Tensor input,
      Pass pass,
      List<String> parameters,
      UnaryOperator<Tensor> loss) {
    return new GradientPass.Autograd(this, networkState, input, pass, parameters, loss);
  }

  /** As {@link GradientPass#bytesPerImage}. */
  long gradientPassBytes(Tensor input) {
    return 0;
  }

  /**
   * Runs a pass. What lies between input and output is let go at once, as far as no gradient needs
   * it, and without gradients images may take turns.
   */
  private NetworkOutput run(
      NamedTensors state, Tensor input, Pass pass, Backpropagation.Output output) {
    ShapeChecks.requireNetwork(this, state, input);
    boolean plain = input.is_cpu() && !differentiated(state, input);
    // Another precision is left to LibTorch, whose instance norm takes four times as long so.
    boolean last = plain && channelsLast() && !Precision.isReducedOnCpu();
    Layers layers = new Layers(state, pass, kernels, null);
    long count = input.size(0);
    long atOnce = plain && separable(pass) ? imagesAtOnce(input) : Math.max(1, count);
    List<Tensor> parts = new ArrayList<>();
    try {
      for (long start = 0; start == 0 || start < count; start += atOnce) {
        Tensor part = new Tensor();
        parts.add(part);
        try (PointerScope scope = new PointerScope()) {
          Tensor images = input.narrow(0, start, Math.min(atOnce, count - start));
          part.put(through(layers, last ? ChannelsLast.of(images) : images, output));
        }
      }
      return new NetworkOutput(joined(parts), layers.movedBuffers());
    } catch (RuntimeException e) {
      layers.movedBuffers().close();
      throw e instanceof ShapeChecks.Misfit misfit ? ShapeChecks.ofNetwork(this, input, misfit) : e;
    }
  }

  /** What a subclass makes of images, checked: kernels rely on its shape. */
  private Tensor through(Layers layers, Tensor images, Backpropagation.Output output) {
    if (output == Backpropagation.Output.FEATURES) {
      Tensor features = features(layers, images);
      ShapeChecks.requireFeatures(this, images, features);
      return single(features);
    }
    Tensor logits = classify(layers, images);
    ShapeChecks.requireLogits(this, images, logits);
    return single(logits);
  }

  /** Where layers computed in bfloat16, what follows goes on in single precision. */
  static Tensor single(Tensor output) {
    return output.scalar_type().intern() == torch.ScalarType.BFloat16
        ? output.to(torch.ScalarType.Float)
        : output;
  }

  private static boolean differentiated(NamedTensors state, Tensor input) {
    return GradMode.is_enabled()
        && (input.requires_grad() || state.values().stream().anyMatch(Tensor::requires_grad));
  }

  private static Tensor joined(List<Tensor> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    Tensor joined = torch.cat(new TensorVector(parts.toArray(new Tensor[0])), 0);
    parts.forEach(Tensor::close);
    return joined;
  }

  @Override
  public final boolean separable(Pass pass) {
    boolean dropping = usesDropout() && pass.dropout() != null;
    return pass.mode() == Mode.EVAL || !(batchNormed || dropping);
  }

  /**
   * Whether a layer drops. Where none does, a batch is trained on in parts that fit the caches,
   * which is up to 1.4 times as fast.
   */
  protected boolean usesDropout() {
    return true;
  }

  /**
   * Images at a time. The largest maps of these fit the caches, and the allocator hands the same
   * memory out again instead of asking the system for fresh pages: twice as fast for a ConvNet on
   * 256 images of 32 pixels.
   */
  private long imagesAtOnce(Tensor input) {
    long elements = Math.max(1, largestMap(input.size(2) * input.size(3)));
    return Math.max(1, elementsAtOnce() / elements);
  }

  /**
   * Elements of the largest map that one image of so many pixels becomes, roughly: a pass without
   * gradients takes as many images at a time as fit the caches. It changes the speed alone.
   *
   * @param pixels height times width
   */
  protected long largestMap(long pixels) {
    return USUAL_CHANNELS * pixels;
  }

  /**
   * How many maps like the largest one a step of training holds at its peak, roughly: what the
   * backward pass needs, what it makes, and a convolution's own scratch memory. It decides how many
   * networks are trained side by side.
   */
  protected long mapsInTraining() {
    return USUAL_MAPS;
  }

  /** Elements of such maps that a pass without gradients makes at a time. */
  long elementsAtOnce() {
    return 1L << 21;
  }

  /**
   * Whether kernels may do layers of a pass that is differentiated: what a layer gives is then not
   * overwritten but by {@link Layers#relu} and {@link Layers#sum}, and what several layers take is
   * {@link Layers#shared}.
   */
  boolean worksByKernels() {
    return false;
  }

  /** On the CPU, layers of a network that is made for it go to kernels. */
  @Override
  public Network with(Kernels some) {
    return worksByKernels() && some instanceof CpuKernels ? with(LayerKernels.of(some)) : this;
  }

  /** A copy whose layers go to kernels. */
  final AbstractNetwork with(LayerKernels some) {
    try {
      AbstractNetwork copy = (AbstractNetwork) clone();
      copy.kernels = some;
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /** A pass whose output is differentiated, cut into segments. */
  final NetworkOutput segmented(
      NamedTensors state,
      Tensor input,
      Pass pass,
      Backpropagation.Output output,
      Segments segments) {
    Layers layers = new Layers(state, pass, kernels, segments);
    try {
      return new NetworkOutput(through(layers, input, output), layers.movedBuffers());
    } catch (RuntimeException e) {
      layers.movedBuffers().close();
      throw e;
    }
  }

  /** Whether a pass without gradients on the CPU has the channels last. */
  boolean channelsLast() {
    return kernels != null;
  }

  @Override
  public final String toString() {
    return name + " with " + classes + " outputs";
  }
}
