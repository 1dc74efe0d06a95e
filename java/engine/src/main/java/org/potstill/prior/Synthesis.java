package org.potstill.prior;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.NamedTensors;

/**
 * The chain of layers from intermediate latents to an image.
 *
 * <p>Layer n is counted from 0 without regard to the numbers in the names, which leave gaps. The
 * input takes the first intermediate latent, layer n the one numbered n + 1.
 *
 * @param input what the first layer starts from
 * @param layers in order
 * @param kernels compute convolutions and activations where they can; null for LibTorch's operators
 *     alone
 */
record Synthesis(FourierInput input, List<SynthesisLayer> layers, Kernels kernels) {

  /** Factor of the last layer's output. */
  private static final double OUTPUT_SCALE = 0.25;

  /** Copies the list. */
  Synthesis {
    layers = List.copyOf(layers);
  }

  /** By LibTorch's operators alone. */
  Synthesis(FourierInput input, List<SynthesisLayer> layers) {
    this(input, layers, null);
  }

  /** The same with kernels. */
  Synthesis with(Kernels taken) {
    return new Synthesis(input, layers, taken);
  }

  /**
   * What a loss changes with.
   *
   * @param latents gradient with respect to the intermediate latents; zero for those not used
   * @param features gradient with respect to the feature map
   */
  record Gradients(Tensor latents, Tensor features) {}

  /** The feature map that layer {@code layer} takes. */
  Tensor toFeatures(NamedTensors state, Tensor ws, int layer) {
    Tensor features = new Tensor();
    try (PointerScope scope = new PointerScope()) {
      features.put(input.apply(state, ws.select(1, 0)));
    }
    return run(state, ws, features, 0, layer);
  }

  /** The image from the feature map that layer {@code layer} takes. */
  Tensor fromFeatures(NamedTensors state, Tensor ws, Tensor features, int layer) {
    return run(state, ws, features, layer, layers.size()).mul(new Scalar(OUTPUT_SCALE));
  }

  /** What lies between two layers is let go at once, as far as no gradient needs it. */
  private Tensor run(NamedTensors state, Tensor ws, Tensor features, int from, int to) {
    Tensor current = new Tensor(features);
    for (int n = from; n < to; n++) {
      Tensor next = layers.get(n).apply(state, current, ws.select(1, n + 1), kernels);
      current.close();
      current = next;
    }
    return current;
  }

  /**
   * The gradients of a loss that depends on the image, layer by layer: what convolutions take and
   * give is kept, and the activations, which work at several times the resolution, are computed
   * anew.
   *
   * @param imageGradient with respect to the image
   * @return in the caller's scope
   */
  Gradients pullBack(
      NamedTensors state, Tensor ws, Tensor features, int layer, Tensor imageGradient) {
    Tensor latents = new Tensor();
    Tensor first = new Tensor();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      latents.put(torch.zeros_like(ws));
      List<SynthesisLayer.Step> steps = forward(state, ws, features.detach(), layer);
      Tensor gradient = imageGradient.mul(new Scalar(OUTPUT_SCALE));
      for (int n = layers.size() - 1; n >= layer; n--) {
        SynthesisLayer.Step step = steps.remove(n - layer);
        SynthesisLayer.Gradients found =
            layers.get(n).pullBack(state, step, ws.select(1, n + 1), gradient, kernels);
        latents.select(1, n + 1).copy_(found.w());
        gradient.close();
        gradient = found.input();
        step.close();
      }
      first.put(gradient);
    }
    return new Gradients(latents, first);
  }

  private List<SynthesisLayer.Step> forward(
      NamedTensors state, Tensor ws, Tensor features, int layer) {
    List<SynthesisLayer.Step> steps = new ArrayList<>();
    Tensor current = features;
    for (int n = layer; n < layers.size(); n++) {
      Tensor convolved = layers.get(n).convolve(state, current, ws.select(1, n + 1), kernels);
      steps.add(new SynthesisLayer.Step(current, convolved));
      if (n + 1 < layers.size()) {
        current = layers.get(n).activate(state, convolved, kernels);
      }
    }
    return steps;
  }
}
