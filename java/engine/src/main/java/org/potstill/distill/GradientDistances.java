package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.Kernels;
import org.potstill.net.GradientPass;
import org.potstill.net.Pass;
import org.potstill.net.TrainedState;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.TensorKernels;
import org.potstill.tensor.Tensors;

/**
 * Gradients of the class loss with respect to a network's parameters, and the distance of two of
 * them, differentiated with respect to the images.
 *
 * <p>Batches that would take too much memory are taken in parts; the mean loss of a batch is the
 * mean over its parts, weighted by their sizes, so that nothing but rounding changes.
 */
final class GradientDistances {

  private static final String SYNTHETIC_KEYS = "distill.images-per-class or distill.network.width";

  private final TrainedState state;
  private final TensorKernels kernels;
  private final GradientDistance distance;
  private final long pixels;
  private final RowParts realParts = new RowParts(DistillStage.NAME, "distill.batch-real");
  private final RowParts syntheticParts = new RowParts(DistillStage.NAME, SYNTHETIC_KEYS);
  private final RowParts twiceParts = new RowParts(DistillStage.NAME, SYNTHETIC_KEYS);

  /**
   * Gradients of the parameters of {@code state}.
   *
   * @param pixels of a map that may be differentiated at once, at least one image's
   */
  GradientDistances(TrainedState state, Kernels kernels, GradientDistance distance, long pixels) {
    this.pixels = pixels;
    this.state = state;
    this.kernels = new TensorKernels(kernels);
    this.distance = distance;
  }

  /** The parameters whose gradients count: the layer-wise distance leaves out biases and norms. */
  private List<String> matchedNames() {
    return state.parameterNames().stream().filter(this::isMatched).toList();
  }

  private boolean isMatched(String name) {
    long dimensions = state.tensors().get(name).dim();
    return distance != GradientDistance.LAYERWISE || dimensions == 2 || dimensions == 4;
  }

  private Tensor[] matched() {
    return matchedNames().stream().map(state.tensors()::get).toArray(Tensor[]::new);
  }

  /**
   * Gradients of the mean loss of a batch of one class, in the caller's scope.
   *
   * @param images (N, C, H, W), augmented
   * @param precision of the passes
   */
  List<Tensor> gradients(Tensor images, int label, Pass pass, Precision precision) {
    return gradients(realParts, images, UnaryOperator.identity(), label, pass, precision);
  }

  private List<Tensor> gradients(
      RowParts parts,
      Tensor images,
      UnaryOperator<Tensor> augment,
      int label,
      Pass pass,
      Precision precision) {
    List<Tensor> sum = new ArrayList<>();
    for (Tensor parameter : matched()) {
      sum.add(torch.zeros_like(parameter).requires_grad_(false));
    }
    int count = Math.toIntExact(images.size(0));
    long part = images.is_cpu() ? partSize(images, Math.min(MapPixels.ONCE, pixels)) : count;
    parts.run(
        count,
        Math.toIntExact(part),
        (from, to) -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor batch = augment.apply(images.narrow(0, from, to - from));
            List<Tensor> found = once(batch, label, count, pass, precision);
            Tensors.addTo(sum, found, 1);
          }
        });
    return sum;
  }

  private List<Tensor> once(Tensor batch, int label, long count, Pass pass, Precision precision) {
    try (Precision.Scope computing = precision.on(batch)) {
      return state.gradients(batch, pass, logits -> share(logits, label, count), matchedNames());
    }
  }

  private static long partSize(Tensor images, long pixels) {
    return Math.max(1, pixels / (images.size(2) * images.size(3)));
  }

  /**
   * Gradients of a part's share in the mean loss of {@code count} images, which can be
   * differentiated again.
   *
   * @param batch augmented
   */
  private GradientPass differentiable(Tensor batch, int label, long count, Pass pass) {
    return state.gradientPass(batch, pass, logits -> share(logits, label, count), matchedNames());
  }

  private static Tensor share(Tensor logits, int label, long count) {
    return ClassLoss.sum(logits, label).div(new Scalar((double) count));
  }

  /**
   * The distance of the synthetic images' gradients from {@code target}.
   *
   * @param images (M, C, H, W) of one class, not augmented
   * @param augment what is done to them first, differentiable
   * @param gradient receives the derivative with respect to {@code images}
   * @return the distance
   */
  double match(
      List<Tensor> target,
      Tensor images,
      UnaryOperator<Tensor> augment,
      int label,
      Pass pass,
      Tensor gradient) {
    int count = Math.toIntExact(images.size(0));
    List<Tensor> weights = new ArrayList<>();
    double[] loss = new double[1];
    twiceParts.run(
        count,
        Math.toIntExact(partSize(images, pixels)),
        (from, to) -> {
          if (to - from == count) {
            try (PointerScope scope = new PointerScope()) {
              loss[0] = matchWhole(target, images, augment, label, pass, gradient);
            }
            return;
          }
          // The distance needs the gradient of all images, but its derivative can then be taken
          // part by part.
          if (weights.isEmpty()) {
            List<Tensor> synthetic =
                gradients(syntheticParts, images, augment, label, pass, Precision.F32);
            List<Tensor> found = new ArrayList<>();
            loss[0] = distance(target, synthetic, found);
            weights.addAll(found);
          }
          try (PointerScope scope = new PointerScope()) {
            Tensor leaf = images.narrow(0, from, to - from).detach().requires_grad_(true);
            Tensor batch = augment.apply(leaf);
            GradientPass own = differentiable(batch, label, count, pass);
            gradient.narrow(0, from, to - from).copy_(carry(own, weights, batch, leaf));
          }
        });
    return loss[0];
  }

  private double matchWhole(
      List<Tensor> target,
      Tensor images,
      UnaryOperator<Tensor> augment,
      int label,
      Pass pass,
      Tensor gradient) {
    Tensor leaf = images.detach().requires_grad_(true);
    Tensor batch = augment.apply(leaf);
    GradientPass synthetic = differentiable(batch, label, images.size(0), pass);
    List<Tensor> weights = new ArrayList<>();
    double loss = distance(target, synthetic.gradients(), weights);
    gradient.copy_(carry(synthetic, weights, batch, leaf));
    return loss;
  }

  /** The kernel; {@code weights} receives the derivative with respect to {@code synthetic}. */
  private double distance(List<Tensor> target, List<Tensor> synthetic, List<Tensor> weights) {
    List<Tensor> plain = new ArrayList<>();
    for (Tensor tensor : synthetic) {
      plain.add(tensor.contiguous());
      weights.add(Tensors.empty(tensor, Tensors.shape(tensor)));
    }
    return kernels.gradientMatch(distance, target, plain, weights);
  }

  /** From the gradients of a batch back to the images that were augmented to it. */
  private static Tensor carry(
      GradientPass synthetic, List<Tensor> weights, Tensor batch, Tensor leaf) {
    Tensor[] ofBatch = {synthetic.inputDerivative(weights)};
    return Tensors.gradients(new Tensor[] {batch}, ofBatch, new Tensor[] {leaf})[0];
  }
}
