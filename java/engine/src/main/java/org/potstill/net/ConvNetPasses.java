package org.potstill.net;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

/**
 * The passes through a ConvNet by kernels, with the channels last: forward, backward, and the
 * tangents of both, which say how logits and gradients move where the parameters move in a
 * direction. Each goes by the chain rule from {@linkplain ConvNetBlock block} to block, and takes
 * what the passes before it left; autograd records nothing. With {@code g(t)} for the gradient with
 * respect to {@code t}, and {@code t'} for how {@code t} moves:
 *
 * <pre>
 * forward          images         to  features, logits
 * backward         g(output)      to  g(parameters), g(images)
 * tangent          parameters'    to  logits'
 * gradientTangent  g(logits)'     to  g(parameters)', g(images)'
 * </pre>
 *
 * <p>What a pass leaves is in the scope that it was called in; what it needs within a block is
 * given back behind the block.
 */
final class ConvNetPasses {

  private final Layers layers;
  private final List<ConvNetBlock> blocks;
  private final ConvNetClassifier classifier;

  /** Passes with the parameters of {@code state}. */
  ConvNetPasses(List<ConvNet.Block> blocks, ConvNetKernels kernels, NamedTensors state, Pass pass) {
    layers = new Layers(state, pass);
    this.blocks = blocks.stream().map(block -> new ConvNetBlock(block, kernels, state)).toList();
    classifier = new ConvNetClassifier(layers, state);
  }

  /** The buffers that the passes moved, which the caller closes. */
  NamedTensors movedBuffers() {
    return layers.movedBuffers();
  }

  /**
   * What the forward pass leaves.
   *
   * @param blocks of every block
   * @param features (N, features)
   * @param logits (N, classes); null where the features are the output
   */
  record Forward(List<ConvNetBlock.Forward> blocks, Tensor features, Tensor logits) {

    Tensor output() {
      return logits == null ? features : logits;
    }
  }

  /** What a backward pass finds besides the gradients of parameters. */
  enum Also {
    /** Nothing. */
    NOTHING,
    /** The gradient of the images. */
    INPUT,
    /** What {@link #gradientTangent} takes. */
    FOR_TANGENTS
  }

  /**
   * What the backward pass leaves.
   *
   * @param forward what it went back through
   * @param outputGradient that it began with
   * @param input gradient of the images; null but for {@link Also#INPUT}
   * @param blocks of every block; empty but for {@link Also#FOR_TANGENTS}
   */
  record Backward(
      Forward forward, Tensor outputGradient, Tensor input, List<ConvNetBlock.Backward> blocks) {}

  /**
   * What the tangent of the forward pass leaves.
   *
   * @param direction in which the parameters move
   * @param blocks of every block
   * @param features how they move, (N, features)
   * @param logits how they move, (N, classes)
   */
  record Tangent(
      ParameterDirection direction,
      List<ConvNetBlock.Tangent> blocks,
      Tensor features,
      Tensor logits) {}

  /**
   * The forward pass.
   *
   * @param input (N, C, H, W) float32
   */
  Forward forward(Tensor input, Backpropagation.Output output) {
    try (NoGradGuard guard = new NoGradGuard()) {
      List<ConvNetBlock.Forward> left = new ArrayList<>();
      Tensor value = ChannelsLast.of(input);
      for (ConvNetBlock block : blocks) {
        ConvNetBlock.Forward own = block.forward(value);
        left.add(own);
        value = own.output();
      }
      Tensor features = Layers.flatten(value);
      boolean classified = output == Backpropagation.Output.LOGITS;
      return new Forward(left, features, classified ? classifier.forward(features) : null);
    }
  }

  /**
   * The backward pass.
   *
   * @param outputGradient shaped as the output
   * @param wanted takes the gradients of parameters
   */
  Backward backward(Forward forward, Tensor outputGradient, ParameterGradients wanted, Also also) {
    List<ConvNetBlock.Backward> left = new ArrayList<>();
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor gradient =
          forward.logits() == null
              ? outputGradient
              : classifier.backward(forward.features(), outputGradient, wanted);
      gradient = unflattened(gradient, forward);
      for (int i = blocks.size() - 1; i >= 0; i--) {
        // Empty until the block fills it, which it does for tangents.
        Tensor mapsGradient = new Tensor();
        ConvNetBlock.Backward own =
            new ConvNetBlock.Backward(forward.blocks().get(i), gradient, mapsGradient);
        gradient = backThrough(i, own, wanted, also);
        left.add(0, own);
      }
      return new Backward(
          forward,
          outputGradient,
          gradient == null ? null : gradient.contiguous(),
          also == Also.FOR_TANGENTS ? left : List.of());
    }
  }

  /** The gradient of the features in the shape that the last block gave them. */
  private static Tensor unflattened(Tensor gradient, Forward forward) {
    List<ConvNetBlock.Forward> all = forward.blocks();
    return gradient.reshape(Tensors.shape(all.get(all.size() - 1).output()));
  }

  /** The gradient of a block's input; null for that of the images where it is not wanted. */
  private Tensor backThrough(
      int i, ConvNetBlock.Backward back, ParameterGradients wanted, Also also) {
    ConvNetBlock block = blocks.get(i);
    Tensor inputGradient = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor mapsGradient = block.mapsGradient(back.forward(), back.output(), wanted);
      if (also == Also.FOR_TANGENTS) {
        back.maps().put(mapsGradient);
      }
      block.convolutionGradients(back.forward(), mapsGradient, wanted);
      if (i == 0 && also != Also.INPUT) {
        return null;
      }
      inputGradient.put(block.inputGradient(back.forward(), mapsGradient));
    }
    return inputGradient;
  }

  /** The tangent of the forward pass to the logits; the images do not move. */
  Tangent tangent(Forward forward, ParameterDirection direction) {
    try (NoGradGuard guard = new NoGradGuard()) {
      List<ConvNetBlock.Tangent> left = new ArrayList<>();
      Tensor moved = null;
      for (int i = 0; i < blocks.size(); i++) {
        ConvNetBlock.Tangent own = blocks.get(i).tangent(forward.blocks().get(i), moved, direction);
        left.add(own);
        moved = own.output();
      }
      Tensor features = Layers.flatten(moved);
      Tensor logits = classifier.tangent(forward.features(), features, direction);
      return new Tangent(direction, left, features, logits);
    }
  }

  /**
   * The tangent of the backward pass from the logits.
   *
   * @param back left by one {@linkplain Also#FOR_TANGENTS for tangents}
   * @param tangent of the forward pass
   * @param logitsGradientTangent how the gradient moves that the backward pass began with
   * @param wanted takes how the gradients of parameters move
   * @return how the gradient of the images moves, shaped as these
   */
  Tensor gradientTangent(
      Backward back, Tangent tangent, Tensor logitsGradientTangent, ParameterGradients wanted) {
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor moved = classifier.gradientTangent(back, tangent, logitsGradientTangent, wanted);
      moved = unflattened(moved, back.forward());
      for (int i = blocks.size() - 1; i >= 0; i--) {
        moved = backThrough(i, back.blocks().get(i), tangent.blocks().get(i), moved, wanted);
      }
      return moved.contiguous();
    }
  }

  /** How the gradient of a block's input moves. */
  private Tensor backThrough(
      int i,
      ConvNetBlock.Backward back,
      ConvNetBlock.Tangent tangent,
      Tensor outputGradientTangent,
      ParameterGradients wanted) {
    ConvNetBlock block = blocks.get(i);
    Tensor inputGradientTangent = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor maps = block.mapsGradientTangent(back, tangent, outputGradientTangent, wanted);
      block.convolutionGradientTangents(back, tangent, maps, wanted);
      inputGradientTangent.put(block.inputGradientTangent(back, tangent, maps));
    }
    return inputGradientTangent;
  }
}
