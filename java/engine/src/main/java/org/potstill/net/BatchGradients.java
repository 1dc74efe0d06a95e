package org.potstill.net;

import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * The gradient of the mean cross-entropy of a batch with respect to a network's parameters.
 *
 * <p>Where no image influences another (a network of Potstill's own without batch statistics or
 * dropout), a batch is taken in parts whose maps fit the caches, and their gradients are summed:
 * the allocator asks the system for fresh pages for larger maps every time. Nothing but rounding
 * changes, and the memory does not grow with the batch. On a GPU it is taken whole as long as it
 * fits.
 */
public final class BatchGradients {

  /** Elements of the largest map of a part, 8 MB. */
  private static final long ELEMENTS = 1L << 21;

  private final Network network;
  private final NamedTensors state;
  private final List<String> parameters;
  private final Precision precision;
  private final RowParts parts;

  /**
   * Gradients of a network's parameters.
   *
   * @param state parameters that want gradients, and buffers
   * @param parameters names of those that are differentiated
   * @param precision of the passes
   * @param parts of a batch that fit the memory
   */
  public BatchGradients(
      Network network,
      NamedTensors state,
      List<String> parameters,
      Precision precision,
      RowParts parts) {
    this.network = network;
    this.state = state;
    this.parameters = parameters;
    this.precision = precision;
    this.parts = parts;
  }

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
   * The gradient of a batch; buffers that the pass moves are put into the state.
   *
   * @param images (N, C, H, W), N at least 1
   * @param labels (N) int64
   * @param pass whose dropout is drawn from a copy of its stream
   */
  public Found of(Tensor images, Tensor labels, Pass pass) {
    int count = Math.toIntExact(images.size(0));
    Sum sum = new Sum(parameters.size());
    RowParts.Part part =
        (from, to) -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor some = images.narrow(0, from, to - from);
            Tensor own = labels.narrow(0, from, to - from);
            sum.add(ofPart(some, own, pass.copy()), (double) (to - from) / count);
          }
        };
    if (network.separable(pass)) {
      long atOnce =
          images.is_cpu()
              ? imagesAtOnce(network, count, images.size(2) * images.size(3), pass)
              : count;
      parts.run(count, Math.toIntExact(atOnce), part);
    } else {
      parts.whole(() -> part.run(0, count));
    }
    return sum.found();
  }

  /** What the parts of a batch add up to, in the scope that it was made in. */
  private static final class Sum {

    private final Tensor loss = new Tensor();
    private final Tensor hits = new Tensor();
    private final List<Tensor> gradients;

    Sum(int parameters) {
      gradients = Stream.generate(Tensor::new).limit(parameters).toList();
    }

    /**
     * Adds a part; all or nothing, should there be no memory for it.
     *
     * @param share of the batch's images
     */
    void add(Found part, double share) {
      Scalar factor = new Scalar(share);
      if (loss.defined()) {
        Tensor ofBoth = loss.add(part.meanLoss().to(torch.ScalarType.Double), factor);
        Tensor hitsOfBoth = hits.add(part.hits());
        Tensors.addTo(gradients, part.gradients(), share);
        loss.put(ofBoth);
        hits.put(hitsOfBoth);
      } else if (share == 1) {
        begin(part.meanLoss(), part.hits(), part.gradients());
      } else {
        Tensor own = part.meanLoss().to(torch.ScalarType.Double).mul(factor);
        begin(own, part.hits(), part.gradients().stream().map(g -> g.mul(factor)).toList());
      }
    }

    private void begin(Tensor firstLoss, Tensor firstHits, List<Tensor> firstGradients) {
      for (int i = 0; i < gradients.size(); i++) {
        gradients.get(i).put(firstGradients.get(i));
      }
      loss.put(firstLoss);
      hits.put(firstHits);
    }

    Found found() {
      return new Found(loss, hits, gradients);
    }
  }

  private Found ofPart(Tensor images, Tensor labels, Pass pass) {
    try (Precision.Scope computing = precision.on(images)) {
      return inForce(images, labels, pass);
    }
  }

  /** With the precision in force. */
  private Found inForce(Tensor images, Tensor labels, Pass pass) {
    Backpropagation both = Backpropagation.ofLogits(network, state, images, pass, parameters);
    NetworkOutput output = both.output();
    try (NamedTensors moved = output.buffers()) {
      Backpropagation.Descent found =
          both.descend(logits -> torch.cross_entropy_loss(logits, labels));
      Tensor hits = Accuracy.hits(output.value(), labels);
      // Last, so that a part that finds no memory can be tried again.
      moved.names().forEach(name -> state.put(name, new Tensor(moved.get(name))));
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
