package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The entries of a network's state, in order, and the distribution that each is drawn from: by
 * default those of the reference framework.
 */
public final class StateLayout {

  /** Distributions of initial values. */
  private enum Draw {
    CONSTANT,
    UNIFORM,
    GAUSSIAN
  }

  /** An entry; {@code value} is the constant, the bound or the deviation. */
  private record Slot(StateEntry entry, Draw draw, double value) {}

  private final List<Slot> slots = new ArrayList<>();

  /** A layout without entries. */
  public StateLayout() {}

  /** All entries in order. */
  public List<StateEntry> entries() {
    return slots.stream().map(Slot::entry).toList();
  }

  private void add(StateEntry entry, Draw draw, double value) {
    slots.add(new Slot(entry, draw, value));
  }

  /** A k x k convolution, uniform in +-1/sqrt(fan in) (He et al. 2015 with a = sqrt 5). */
  public void convolution(String name, long in, long out, int kernel, boolean bias) {
    weightAndBias(name, in * kernel * kernel, bias, out, in, kernel, kernel);
  }

  /** A convolution without bias, normal with deviation sqrt(2 / fan out) (He et al. 2015). */
  void convolutionByFanOut(String name, long in, long out, int kernel) {
    double deviation = Math.sqrt(2.0 / (out * kernel * kernel));
    add(StateEntry.parameter(name + ".weight", out, in, kernel, kernel), Draw.GAUSSIAN, deviation);
  }

  /** A linear layer, uniform in +-1/sqrt(fan in). */
  public void linear(String name, long in, long out, boolean bias) {
    weightAndBias(name, in, bias, out, in);
  }

  /**
   * A weight of any shape and a bias, uniform in +-1/sqrt(fan in).
   *
   * @param shape outputs first
   */
  public void weightAndBias(String name, long fanIn, boolean bias, long... shape) {
    double bound = 1 / Math.sqrt((double) fanIn);
    add(StateEntry.parameter(name + ".weight", shape), Draw.UNIFORM, bound);
    if (bias) {
      add(StateEntry.parameter(name + ".bias", shape[0]), Draw.UNIFORM, bound);
    }
  }

  /**
   * The norm of a feature map of {@code channels} x {@code size} x {@code size}: scale 1, shift 0.
   *
   * @param size matters to {@link Norm#LAYER} alone
   */
  public void norm(Norm norm, String name, long channels, long size) {
    switch (norm) {
      case NONE -> {}
      case LAYER -> scaleAndShift(name, channels, size, size);
      case GROUP, INSTANCE -> scaleAndShift(name, channels);
      case BATCH -> {
        scaleAndShift(name, channels);
        add(StateEntry.buffer(name + ".running_mean", channels), Draw.CONSTANT, 0);
        add(StateEntry.buffer(name + ".running_var", channels), Draw.CONSTANT, 1);
        add(StateEntry.counter(name + ".num_batches_tracked"), Draw.CONSTANT, 0);
      }
    }
  }

  /** A learned scale, from 1, and shift, from 0. */
  public void scaleAndShift(String name, long... shape) {
    add(StateEntry.parameter(name + ".weight", shape), Draw.CONSTANT, 1);
    add(StateEntry.parameter(name + ".bias", shape), Draw.CONSTANT, 0);
  }

  /** A weight of any shape and a bias, all zero. */
  public void zeros(String name, long... shape) {
    add(StateEntry.parameter(name + ".weight", shape), Draw.CONSTANT, 0);
    add(StateEntry.parameter(name + ".bias", shape[0]), Draw.CONSTANT, 0);
  }

  /** A learned tensor, standard normal. */
  public void gaussian(String name, long... shape) {
    add(StateEntry.parameter(name, shape), Draw.GAUSSIAN, 1);
  }

  /** Draws all entries in order from one stream; the caller closes the result. */
  public NamedTensors initialise(RandomStream random) {
    LibTorch.load();
    NamedTensors state = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (Slot slot : slots) {
        state.put(slot.entry().name(), draw(slot, random));
      }
      return state;
    } catch (RuntimeException e) {
      state.close();
      throw e;
    }
  }

  private static Tensor draw(Slot slot, RandomStream random) {
    StateEntry entry = slot.entry();
    if (entry.kind() == StateEntry.Kind.COUNTER) {
      return torch.zeros(entry.dimensions(), Tensors.int64());
    }
    if (slot.draw() == Draw.CONSTANT) {
      return torch.full(entry.dimensions(), new Scalar(slot.value()), Tensors.float32());
    }
    float[] values = new float[Math.toIntExact(entry.size())];
    if (slot.draw() == Draw.UNIFORM) {
      random.fillUniform(values, (float) -slot.value(), (float) slot.value());
    } else {
      random.fillGaussian(values, 0, slot.value());
    }
    return Tensors.of(values, entry.dimensions());
  }
}
