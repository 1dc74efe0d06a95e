package org.potstill.net;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Tensors;

/**
 * The gradient of the mean cross-entropy of a batch with respect to a network's parameters.
 *
 * <p>Where no image influences another (a network of Potstill's own without batch statistics or
 * dropout), a batch is taken in parts whose maps fit the caches, and their gradients are summed:
 * the allocator asks the system for fresh pages for larger maps every time. Nothing but rounding
 * changes, and the memory does not grow with the batch.
 */
public final class BatchGradients {

  /** Elements of the largest map of a part, 8 MB. */
  private static final long ELEMENTS = 1L << 21;

  private BatchGradients() {}

  /**
   * What was found, in the caller's scope.
   *
   * @param meanLoss cross-entropy over the batch in nats, a single number
   * @param hits images whose label had the largest logit, a single number
   * @param gradients one per parameter
   */
  public record Found(Tensor meanLoss, Tensor hits, List<Tensor> gradients) {

    /** Mean cross-entropy of the batch, nats; waits for it on a GPU. */
    public double loss() {
      return meanLoss.item_double();
    }

    /** Images whose label had the largest logit; waits for it on a GPU. */
    public long correct() {
      return hits.item_long();
    }
  }

  /**
   * The gradient of a batch; buffers that the pass moves are put into {@code state}.
   *
   * @param state parameters that want gradients, and buffers
   * @param parameters names of those that are differentiated
   * @param images (N, C, H, W), N at least 1
   * @param labels (N) int64
   * @param precision of the passes
   */
  public static Found of(
      Network network,
      NamedTensors state,
      List<String> parameters,
      Tensor images,
      Tensor labels,
      Pass pass,
      Precision precision) {
    long count = images.size(0);
    long part = imagesAtOnce(network, count, images.size(2) * images.size(3), pass);
    if (!images.is_cpu() || count == part) {
      return ofPart(network, state, parameters, images, labels, pass, precision);
    }
    Tensor[] sums = new Tensor[parameters.size()];
    for (int i = 0; i < sums.length; i++) {
      sums[i] = torch.zeros_like(state.get(parameters.get(i))).requires_grad_(false);
    }
    Tensor loss = Tensors.zeros(images, 1).to(torch.ScalarType.Double);
    Tensor correct = Tensors.zeros(images, 1).to(torch.ScalarType.Long);
    for (long from = 0; from < count; from += part) {
      long rows = Math.min(part, count - from);
      try (PointerScope scope = new PointerScope()) {
        Tensor some = images.narrow(0, from, rows);
        Tensor own = labels.narrow(0, from, rows);
        Found found = ofPart(network, state, parameters, some, own, pass, precision);
        double share = (double) rows / count;
        for (int i = 0; i < sums.length; i++) {
          sums[i].add_(found.gradients().get(i), new Scalar(share));
        }
        loss.add_(found.meanLoss().to(torch.ScalarType.Double), new Scalar(share));
        correct.add_(found.hits());
      }
    }
    return new Found(loss, correct, List.of(sums));
  }

  private static Found ofPart(
      Network network,
      NamedTensors state,
      List<String> parameters,
      Tensor images,
      Tensor labels,
      Pass pass,
      Precision precision) {
    try (Precision.Scope computing = precision.on(images)) {
      return inForce(network, state, parameters, images, labels, pass);
    }
  }

  private static Found inForce(
      Network network,
      NamedTensors state,
      List<String> parameters,
      Tensor images,
      Tensor labels,
      Pass pass) {
    Backpropagation way = Backpropagation.ofLogits(network, state, images, pass, parameters);
    NetworkOutput output = way.output();
    try (NamedTensors moved = output.buffers()) {
      Backpropagation.Descent found =
          way.descend(logits -> torch.cross_entropy_loss(logits, labels));
      moved.names().forEach(name -> state.put(name, new Tensor(moved.get(name))));
      Tensor hits = Accuracy.hits(output.value(), labels);
      return new Found(found.loss(), hits, found.gradients());
    }
  }

  /**
   * Images that are taken at a time on the CPU: all where they may influence each other.
   *
   * @param batch images
   * @param pixels of an image, height times width
   */
  public static long imagesAtOnce(Network network, long batch, long pixels, Pass pass) {
    if (network instanceof AbstractNetwork own && own.separable(pass)) {
      return Math.min(batch, Math.max(1, ELEMENTS / Math.max(1, own.largestMap(pixels))));
    }
    return batch;
  }
}
