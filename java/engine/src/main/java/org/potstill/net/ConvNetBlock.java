package org.potstill.net;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.NormReluPool;

/**
 * One block of a ConvNet with its parameters, and the equations of every pass through it, which
 * {@link ConvNetPasses} chains. From the input {@code x} a convolution makes the maps {@code z};
 * norm, ReLU and pooling, one kernel {@code h}, make of those the output {@code y}.
 *
 * <p>{@code W} and {@code b} are weight and bias of the convolution, {@code s} scale and shift of
 * the norm; {@code g(t)} is the gradient with respect to {@code t}, and {@code t'} how {@code t}
 * moves. The object holds nothing of a pass: what one leaves is returned, and given to those after
 * it.
 */
final class ConvNetBlock {

  private final ConvNetKernels kernels;
  private final int padding;
  private final String weightName;
  private final String biasName;
  private final String scaleName;
  private final String shiftName;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor scale;
  private final Tensor shift;

  /** A block with its parameters in {@code state}. */
  ConvNetBlock(ConvNet.Block block, ConvNetKernels kernels, NamedTensors state) {
    this.kernels = kernels;
    padding = block.padding();
    weightName = block.convolution() + ".weight";
    biasName = block.convolution() + ".bias";
    scaleName = block.norm() + ".weight";
    shiftName = block.norm() + ".bias";
    weight = state.get(weightName);
    bias = state.get(biasName);
    scale = state.get(scaleName);
    shift = state.get(shiftName);
  }

  /**
   * What the forward pass leaves.
   *
   * @param input {@code x}
   * @param maps {@code z}
   * @param normed {@code y}, and what the kernel needs to go backward
   */
  record Forward(Tensor input, Tensor maps, NormReluPool.Forward normed) {

    /** {@code y}. */
    Tensor output() {
      return normed.output();
    }
  }

  /**
   * What the backward pass leaves for the tangent of itself.
   *
   * @param forward what it went back through
   * @param output {@code g(y)}
   * @param maps {@code g(z)}
   */
  record Backward(Forward forward, Tensor output, Tensor maps) {}

  /**
   * What the tangent of the forward pass leaves.
   *
   * @param direction in which the parameters move
   * @param input {@code x'}; null for the images, which do not move
   * @param normed {@code y'}, and what the kernel needs to go backward
   */
  record Tangent(ParameterDirection direction, Tensor input, NormReluPool.Tangent normed) {

    /** {@code y'}. */
    Tensor output() {
      return normed.output();
    }
  }

  private NormReluPool.Operands operands(Forward left) {
    return new NormReluPool.Operands(left.maps(), scale, shift);
  }

  /** {@code z = W * x + b} and {@code y = h(z, s)}. */
  Forward forward(Tensor input) {
    Tensor maps = kernels.convolution().forward(input, weight, bias, padding);
    return new Forward(
        input, maps, kernels.afterwards().forward(new NormReluPool.Operands(maps, scale, shift)));
  }

  /** {@code g(z)} and {@code g(s)}, from {@code g(y)} through {@code h}; returns the first. */
  Tensor mapsGradient(Forward left, Tensor outputGradient, ParameterGradients wanted) {
    NormReluPool.Operands gradients =
        kernels.afterwards().gradients(operands(left), left.normed(), outputGradient);
    wanted.offer(scaleName, gradients::scale);
    wanted.offer(shiftName, gradients::shift);
    return gradients.maps();
  }

  /** {@code g(W)}, the correlation of {@code x} and {@code g(z)}, and {@code g(b) = sum g(z)}. */
  void convolutionGradients(Forward left, Tensor mapsGradient, ParameterGradients wanted) {
    wanted.offer(weightName, () -> weightGradient(mapsGradient, left.input()));
    wanted.offer(biasName, () -> Convolution.biasGradient(mapsGradient));
  }

  private Tensor weightGradient(Tensor mapsGradient, Tensor input) {
    return kernels.convolution().weightGradient(mapsGradient, input, weight, padding);
  }

  /** {@code g(x) = W^T * g(z)}. */
  Tensor inputGradient(Forward left, Tensor mapsGradient) {
    return inputGradient(left, mapsGradient, weight);
  }

  private Tensor inputGradient(Forward left, Tensor mapsGradient, Tensor filters) {
    return kernels.convolution().inputGradient(mapsGradient, left.input(), filters, padding);
  }

  /**
   * {@code z' = W * x' + W' * x + b'} and {@code y' = h'(z', s')}.
   *
   * @param inputTangent {@code x'}; null where the input does not move
   */
  Tangent tangent(Forward left, Tensor inputTangent, ParameterDirection direction) {
    Tensor mapsTangent = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      mapsTangent.put(mapsTangent(left, inputTangent, direction));
    }
    NormReluPool.Operands moved =
        new NormReluPool.Operands(
            mapsTangent, direction.orZeros(scaleName), direction.orZeros(shiftName));
    return new Tangent(
        direction,
        inputTangent,
        kernels.afterwards().tangent(operands(left), left.normed(), moved));
  }

  private Tensor mapsTangent(Forward left, Tensor inputTangent, ParameterDirection direction) {
    Tensor weightMoved = direction.orNull(weightName);
    Tensor biasMoved = direction.orZeros(biasName);
    Tensor ofParameters =
        weightMoved == null
            ? biasMoved.view(1, -1, 1, 1).expand_as(left.maps())
            : kernels.convolution().forward(left.input(), weightMoved, biasMoved, padding);
    return inputTangent == null
        ? ofParameters
        : kernels.convolution().forward(inputTangent, weight, null, padding).add_(ofParameters);
  }

  /** {@code g(z)'} and {@code g(s)'}, from {@code g(y)'} through {@code h}; returns the first. */
  Tensor mapsGradientTangent(
      Backward back, Tangent tangent, Tensor outputGradientTangent, ParameterGradients wanted) {
    Forward left = back.forward();
    NormReluPool.Operands tangents =
        kernels
            .afterwards()
            .gradientTangents(
                operands(left),
                left.normed(),
                tangent.normed(),
                back.output(),
                outputGradientTangent);
    wanted.offer(scaleName, tangents::scale);
    wanted.offer(shiftName, tangents::shift);
    return tangents.maps();
  }

  /**
   * {@code g(W)'}, the correlation of {@code x} and {@code g(z)'} plus that of {@code x'} and
   * {@code g(z)}, and {@code g(b)' = sum g(z)'}.
   */
  void convolutionGradientTangents(
      Backward back, Tangent tangent, Tensor mapsGradientTangent, ParameterGradients wanted) {
    wanted.offer(
        weightName,
        () -> {
          Tensor own = weightGradient(mapsGradientTangent, back.forward().input());
          return tangent.input() == null
              ? own
              : own.add_(weightGradient(back.maps(), tangent.input()));
        });
    wanted.offer(biasName, () -> Convolution.biasGradient(mapsGradientTangent));
  }

  /** {@code g(x)' = W^T * g(z)' + W'^T * g(z)}. */
  Tensor inputGradientTangent(Backward back, Tangent tangent, Tensor mapsGradientTangent) {
    Tensor own = inputGradient(back.forward(), mapsGradientTangent, weight);
    Tensor weightMoved = tangent.direction().orNull(weightName);
    return weightMoved == null
        ? own
        : own.add_(inputGradient(back.forward(), back.maps(), weightMoved));
  }
}
