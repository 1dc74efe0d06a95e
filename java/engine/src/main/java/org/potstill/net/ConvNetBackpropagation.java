package org.potstill.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.ChannelsLast;
import org.potstill.tensor.Convolution;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.NormReluPool;
import org.potstill.tensor.Tensors;

/**
 * The way through a ConvNet with the channels last: the convolution of every block, and its norm,
 * ReLU and pooling as one, by kernels both ways, the chain rule from one to the next. Autograd
 * records nothing.
 */
final class ConvNetBackpropagation extends Backpropagation {

  /** A block's input, what its convolution made of it, and what norm and pooling left. */
  record Step(ConvNet.Block block, Tensor input, Tensor maps, NormReluPool.Forward normed) {}

  /** What the way back brought to a block: the gradients of its output and of its convolution's. */
  record Received(Tensor outputGradient, Tensor mapsGradient) {}

  private final Layers layers;
  private final NamedTensors state;
  private final ConvNetKernels kernels;
  private final Wanted wanted;
  private final boolean again;
  private final List<Step> steps = new ArrayList<>();

  /** By block; only where the way is gone again. */
  private final List<Received> received = new ArrayList<>();

  private final Map<String, Tensor> found = new HashMap<>();
  private final Tensor features;
  private final Tensor logits;

  /**
   * Goes the way there.
   *
   * @param again whether {@link #tangents} follow the way back; what they need is kept
   */
  ConvNetBackpropagation(
      List<ConvNet.Block> blocks,
      ConvNetKernels kernels,
      NamedTensors state,
      Tensor input,
      Pass pass,
      Output output,
      Wanted wanted,
      boolean again) {
    this.again = again;
    this.layers = new Layers(state, pass);
    this.state = state;
    this.kernels = kernels;
    this.wanted = wanted;
    try (NoGradGuard guard = new NoGradGuard()) {
      Tensor value = ChannelsLast.of(input);
      for (ConvNet.Block block : blocks) {
        Tensor maps =
            kernels
                .convolution()
                .forward(
                    value,
                    weight(block),
                    state.get(block.convolution() + ".bias"),
                    block.padding());
        NormReluPool.Forward normed =
            kernels.afterwards().forward(maps, scale(block), state.get(block.norm() + ".bias"));
        steps.add(new Step(block, value, maps, normed));
        value = normed.output();
      }
      features = Layers.flatten(value);
      logits = output == Output.LOGITS ? layers.linear(ConvNet.CLASSIFIER, features, true) : null;
    }
  }

  private Tensor weight(ConvNet.Block block) {
    return state.get(block.convolution() + ".weight");
  }

  private Tensor scale(ConvNet.Block block) {
    return state.get(block.norm() + ".weight");
  }

  @Override
  public NetworkOutput output() {
    return new NetworkOutput(logits == null ? features : logits, layers.movedBuffers());
  }

  @Override
  public Tensor[] gradients(Tensor outputGradient) {
    // Here, so that they outlive the scopes of the blocks.
    wanted.parameters().forEach(name -> found.put(name, new Tensor()));
    Tensor back;
    try (NoGradGuard guard = new NoGradGuard()) {
      back = logits == null ? outputGradient : throughClassifier(outputGradient);
      back = back.reshape(Tensors.shape(steps.get(steps.size() - 1).normed().output()));
      for (int i = steps.size() - 1; i >= 0 && back != null; i--) {
        back = throughBlock(i, back);
      }
    }
    List<Tensor> all = new ArrayList<>();
    for (String name : wanted.parameters()) {
      Tensor gradient = found.get(name);
      // The features do not depend on the classifier.
      all.add(gradient.defined() ? gradient : torch.zeros_like(state.get(name)).detach());
    }
    if (wanted.input()) {
      all.add(back.contiguous());
    }
    return all.toArray(Tensor[]::new);
  }

  /**
   * How the logits and the gradients move with the parameters; after {@link #gradients} and once.
   *
   * @param direction by name of the parameter
   * @param parameters names of those whose gradients are looked at besides that of the input
   */
  ConvNetTangents tangents(Map<String, Tensor> direction, List<String> parameters) {
    return new ConvNetTangents(state, kernels, steps, received, features, direction, parameters);
  }

  /** From the gradient of a block's output to that of its input; null where none is wanted. */
  private Tensor throughBlock(int i, Tensor outputGradient) {
    Step step = steps.get(i);
    String norm = step.block().norm();
    Tensor result = new Tensor();
    Tensor mapsGradient = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      Tensor[] normed =
          kernels
              .afterwards()
              .gradients(
                  step.maps(),
                  scale(step.block()),
                  state.get(norm + ".bias"),
                  step.normed(),
                  outputGradient);
      keep(norm + ".weight", () -> normed[1]);
      keep(norm + ".bias", () -> normed[2]);
      if (again) {
        mapsGradient.put(normed[0]);
        received.add(0, new Received(outputGradient, mapsGradient));
      }
      throughConvolution(step, normed[0]);
      // Of the images only the tangent may be wanted.
      if (i == 0 && !wanted.input()) {
        return null;
      }
      result.put(
          kernels
              .convolution()
              .inputGradient(
                  normed[0], step.input(), weight(step.block()), step.block().padding()));
    }
    return result;
  }

  /** The gradients of its parameters that are wanted are found. */
  private void throughConvolution(Step step, Tensor mapsGradient) {
    String name = step.block().convolution();
    keep(
        name + ".weight",
        () ->
            kernels
                .convolution()
                .weightGradient(
                    mapsGradient, step.input(), weight(step.block()), step.block().padding()));
    keep(name + ".bias", () -> Convolution.biasGradient(mapsGradient));
  }

  private Tensor throughClassifier(Tensor logitsGradient) {
    keep(ConvNet.CLASSIFIER + ".weight", () -> logitsGradient.t().matmul(features));
    keep(ConvNet.CLASSIFIER + ".bias", () -> logitsGradient.sum(0));
    return logitsGradient.matmul(state.get(ConvNet.CLASSIFIER + ".weight"));
  }

  private void keep(String name, Supplier<Tensor> gradient) {
    if (found.containsKey(name)) {
      found.get(name).put(gradient.get());
    }
  }
}
