package org.potstill.distill;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.AugmentDraw;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.kernels.Kernels;
import org.potstill.net.Backpropagation;
import org.potstill.net.Network;
import org.potstill.net.NetworkOutput;
import org.potstill.net.Pass;
import org.potstill.net.StateEntry;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.TensorKernels;
import org.potstill.tensor.Tensors;

/**
 * Distribution matching (Zhao and Bilen, "Dataset Condensation with Distribution Matching", 2023,
 * eq. 6): {@code sum_c || mean f(A(real_c)) - mean f(A(syn_c)) ||^2} with a fresh random network f
 * per iteration and an augmentation A that real and synthetic images of a class share.
 *
 * <p>Real images are embedded without autograd. The kernel gives the loss and its gradient with
 * respect to the synthetic features; the network's backward pass carries it on to the images. On a
 * GPU all classes are matched at once, in groups where its memory ends, save with batch statistics.
 */
public final class DistributionMatching implements Distiller {

  private final Network network;
  private final LongFunction<NamedTensors> freshState;
  private final CoreSetImages coreSet;
  private final TensorKernels kernels;
  private final SiameseAugmentation augmentation;
  private final RealBatches batches;
  private final Precision precision;
  private final long seed;
  private final boolean batchStatistics;
  private final RowParts groups =
      new RowParts(DistillStage.NAME, "distill.batch-real or distill.images-per-class");
  private final RowParts realParts = new RowParts(DistillStage.NAME, "distill.batch-real");
  private CancellationToken cancellation = new CancellationToken();
  private NamedTensors state = new NamedTensors();
  private long iteration;

  /**
   * A distiller with a fresh random network per iteration.
   *
   * @param batchReal real images per class and step; a smaller class gives all it has
   * @param precision of the features of real images
   * @throws org.potstill.errors.InputException where a class keeps no image
   */
  public DistributionMatching(
      Network network,
      CoreSetImages coreSet,
      Kernels kernels,
      SiameseAugmentation augmentation,
      int batchReal,
      Precision precision,
      long seed) {
    this(
        network,
        iteration ->
            coreSet
                .placement()
                .place(
                    network.initialise(
                        RandomStream.of(seed, Purpose.NETWORK_INITIALISATION, iteration, 0))),
        coreSet,
        kernels,
        augmentation,
        batchReal,
        precision,
        seed);
  }

  /**
   * A distiller with networks of the caller's: a state per iteration, which the distiller closes.
   */
  DistributionMatching(
      Network network,
      LongFunction<NamedTensors> freshState,
      CoreSetImages coreSet,
      Kernels kernels,
      SiameseAugmentation augmentation,
      int batchReal,
      Precision precision,
      long seed) {
    this.network = network;
    this.freshState = freshState;
    this.coreSet = coreSet;
    this.kernels = new TensorKernels(kernels);
    this.augmentation = augmentation;
    this.batches = new RealBatches(coreSet, batchReal, seed);
    this.precision = precision;
    this.seed = seed;
    this.batchStatistics =
        network.state().stream().anyMatch(entry -> entry.kind() == StateEntry.Kind.BUFFER);
  }

  @Override
  public void heed(CancellationToken token) {
    cancellation = token;
  }

  @Override
  public int stepsPerIteration() {
    return 1;
  }

  @Override
  public void begin(long newIteration) {
    iteration = newIteration;
    state.close();
    state = freshState.apply(newIteration);
  }

  @Override
  public MatchingStep step(Tensor images, int step) {
    int classes = coreSet.classes();
    int perClass = Math.toIntExact(images.size(0) / classes);
    Tensor gradient = torch.empty_like(images);
    double[] loss = {0};
    RowParts.Part match =
        (from, to) -> {
          cancellation.throwIfCancelled();
          int row = from * perClass;
          int rows = (to - from) * perClass;
          try (PointerScope scope = new PointerScope()) {
            Tensor target = gradient.narrow(0, row, rows);
            loss[0] += match(images.narrow(0, row, rows), from, to, target);
          }
        };
    if (batchStatistics) {
      // They are taken over all classes together.
      groups.whole(() -> match.run(0, classes));
    } else {
      groups.run(classes, groupSize(images, perClass), match);
    }
    return new MatchingStep(loss[0] / classes, gradient);
  }

  /** Classes differentiated at once. */
  private int groupSize(Tensor images, int perClass) {
    if (!images.is_cpu()) {
      return coreSet.classes();
    }
    long pixels = images.size(2) * images.size(3) * perClass;
    return (int) Math.max(1, Math.min(coreSet.classes(), MapPixels.ONCE / pixels));
  }

  /** Writes the gradient of classes {@code from} to {@code to - 1}; returns their loss. */
  private double match(Tensor images, int from, int to, Tensor gradient) {
    long perClass = images.size(0) / (to - from);
    Tensor leaf = images.detach().requires_grad_(true);
    TensorVector augmented = new TensorVector();
    TensorVector real = new TensorVector();
    long[] realOffsets = new long[to - from + 1];
    long[] syntheticOffsets = new long[to - from + 1];
    for (int c = from; c < to; c++) {
      int i = c - from;
      AugmentDraw draw = draw(images, c);
      augmented.push_back(augmentation.apply(leaf.narrow(0, i * perClass, perClass), draw));
      Tensor batch = realBatch(c, draw, to - from == 1);
      real.push_back(batch);
      realOffsets[i + 1] = realOffsets[i] + batch.size(0);
      syntheticOffsets[i + 1] = syntheticOffsets[i] + perClass;
    }
    Tensor realFeatures = torch.cat(real, 0);
    if (batchStatistics) {
      realFeatures = embedWithoutGradient(realFeatures);
    }
    Tensor synthetic = torch.cat(augmented, 0);
    List<Backpropagation> parts = parts(synthetic);
    TensorVector outputs = new TensorVector();
    parts.forEach(part -> outputs.push_back(part.output().value().detach()));
    Tensor features = torch.cat(outputs, 0).contiguous();
    Tensor featureGradient = torch.empty_like(features);
    double loss =
        kernels.featureMean(realFeatures, realOffsets, features, syntheticOffsets, featureGradient);
    Tensor ofSynthetic = carry(parts, featureGradient);
    gradient.copy_(
        Tensors.gradients(
            new Tensor[] {synthetic}, new Tensor[] {ofSynthetic}, new Tensor[] {leaf})[0]);
    return loss;
  }

  /** A forward pass to the features for every part; batch statistics allow one part only. */
  private List<Backpropagation> parts(Tensor images) {
    long count = images.size(0);
    long pixels = images.size(2) * images.size(3);
    long size = batchStatistics || !images.is_cpu() ? count : Math.max(1, MapPixels.ONCE / pixels);
    List<Backpropagation> parts = new ArrayList<>();
    for (long first = 0; first < count; first += size) {
      Tensor some = images.narrow(0, first, Math.min(size, count - first));
      Backpropagation part =
          Backpropagation.of(
              network,
              state,
              some,
              Pass.TRAIN,
              Backpropagation.Output.FEATURES,
              Backpropagation.Wanted.INPUT);
      part.output().buffers().close();
      parts.add(part);
    }
    return parts;
  }

  /** The gradient of the images of all parts. */
  private static Tensor carry(List<Backpropagation> parts, Tensor featureGradient) {
    TensorVector ofImages = new TensorVector();
    long row = 0;
    for (Backpropagation part : parts) {
      long rows = part.output().value().size(0);
      ofImages.push_back(part.gradients(featureGradient.narrow(0, row, rows))[0]);
      row += rows;
    }
    return torch.cat(ofImages, 0);
  }

  private AugmentDraw draw(Tensor images, int c) {
    RandomStream random = RandomStream.of(seed, Purpose.DISTILL_AUGMENTATION, iteration, c);
    return augmentation.drawShared(random, images.size(2), images.size(3));
  }

  /**
   * Features of a class's real batch; with batch statistics its images, embedded later.
   *
   * @param alone whether no other class is matched at the same time
   */
  private Tensor realBatch(int c, AugmentDraw draw, boolean alone) {
    Tensor images = augmentation.apply(batches.take(c, iteration, 0), draw);
    if (batchStatistics) {
      return images;
    }
    int count = Math.toIntExact(images.size(0));
    long chunk = images.is_cpu() ? MapPixels.PLAIN / (images.size(2) * images.size(3)) : count;
    int atOnce = Math.toIntExact(Math.max(1, chunk));
    TensorVector parts = new TensorVector();
    RowParts.Part embed =
        (from, to) -> {
          try (PointerScope scope = new PointerScope()) {
            parts.push_back(embedWithoutGradient(images.narrow(0, from, to - from)));
          }
        };
    if (alone) {
      realParts.run(count, atOnce, embed);
    } else {
      // Where they do not fit, fewer classes at once may.
      RowParts.each(count, atOnce, embed);
    }
    return torch.cat(parts, 0);
  }

  private Tensor embedWithoutGradient(Tensor images) {
    try (NoGradGuard guard = new NoGradGuard();
        Precision.Scope computing = precision.on(images)) {
      // A network of the user's own may hand back what it computed in.
      return embed(images).to(torch.ScalarType.Float).contiguous();
    }
  }

  private Tensor embed(Tensor images) {
    NetworkOutput output = network.embed(state, images, Pass.TRAIN);
    output.buffers().close();
    return output.value();
  }

  @Override
  public void close() {
    state.close();
  }
}
