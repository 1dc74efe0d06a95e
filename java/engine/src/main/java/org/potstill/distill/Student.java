package org.potstill.distill;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.AugmentDraw;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.net.BatchGradients;
import org.potstill.net.GradientPass;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.StateEntry;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/** The network that is trained on the synthetic images, from an expert's parameters on. */
final class Student implements AutoCloseable {

  private static final String BATCH = "distill.trajectory.batch-synthetic";

  private final Network network;
  private final SiameseAugmentation augmentation;
  private final StudentBatches batches;
  private final int perClass;
  private final long seed;
  private final List<String> names;
  private final NamedTensors initial;
  private CancellationToken cancellation = new CancellationToken();

  /** What fits where it is differentiated once, and twice. */
  private final RowParts plainParts = new RowParts(DistillStage.NAME, BATCH);

  private final RowParts twiceParts = new RowParts(DistillStage.NAME, BATCH);

  /**
   * A student.
   *
   * @param perClass synthetic images per class
   */
  Student(
      Network network,
      SiameseAugmentation augmentation,
      StudentBatches batches,
      int perClass,
      long seed) {
    this.network = network.twiceDifferentiable();
    this.augmentation = augmentation;
    this.batches = batches;
    this.perClass = perClass;
    this.seed = seed;
    this.names = network.parameterNames();
    // For its buffers only, which batch norm wants to see and training does not read.
    this.initial = network.initialise(RandomStream.of(seed, Purpose.NETWORK_INITIALISATION, 0, 0));
  }

  /** Hands over the run's wish to stop, which every step asks. */
  void heed(CancellationToken token) {
    cancellation = token;
  }

  /** Names of the parameters, in order. */
  List<String> names() {
    return names;
  }

  /**
   * A state with copies of {@code parameters} that gradients are taken of; the caller closes it.
   */
  NamedTensors copy(NamedTensors parameters) {
    NamedTensors state = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      for (String name : names) {
        state.put(name, parameters.get(name).detach().clone().requires_grad_(true));
      }
      addBuffers(state);
    }
    return state;
  }

  private void addBuffers(NamedTensors state) {
    try (PointerScope scope = new PointerScope()) {
      for (StateEntry entry : network.state()) {
        if (entry.kind() != StateEntry.Kind.PARAMETER) {
          Tensor buffer = new Tensor(initial.get(entry.name()));
          state.put(entry.name(), Tensors.follow(buffer, state.get(names.get(0))));
        }
      }
    }
  }

  /** The parameters of a state, in order. */
  List<Tensor> parameters(NamedTensors state) {
    return names.stream().map(state::get).toList();
  }

  /**
   * Rows of the images that a step sees. Every step begins with them, and none begins where the run
   * is to stop.
   */
  int[] rows(long iteration, int step) {
    cancellation.throwIfCancelled();
    return batches.rows(iteration, step);
  }

  /** The images of {@link #rows}, augmented as that step draws; differentiable. */
  Tensor augmented(Tensor batch, long iteration, int step) {
    RandomStream random = RandomStream.of(seed, Purpose.DISTILL_AUGMENTATION, iteration, step);
    int count = Math.toIntExact(batch.size(0));
    AugmentDraw draw = augmentation.drawPerSample(random, count, batch.size(2), batch.size(3));
    return augmentation.apply(batch, draw);
  }

  /** The labels of {@link #rows}, (N) int64, where {@code like} lies. */
  Tensor labels(Tensor like, long iteration, int step) {
    int[] labels = Arrays.stream(rows(iteration, step)).map(row -> row / perClass).toArray();
    return Tensors.indices(like, labels);
  }

  /**
   * Gradients of a step: of the mean class loss of its images with respect to the parameters of
   * {@code state}, without history.
   *
   * @param images all synthetic images
   */
  List<Tensor> gradients(
      NamedTensors state, Tensor images, KeptPasses kept, long iteration, int step) {
    List<GradientPass> own = kept.of(step);
    if (own.size() == 1) {
      return own.get(0).gradients();
    }
    Tensor rows = Tensors.indices(images, rows(iteration, step));
    Tensor input = augmented(torch.index_select(images, 0, rows), iteration, step);
    Tensor labels = labels(input, iteration, step);
    if (GradientPass.bytesPerImage(network, input) == 0) {
      return BatchGradients.of(
              network, state, names, input, labels, Pass.TRAIN, Precision.F32, plainParts)
          .gradients();
    }
    // The same as those of kept passes, so that what is kept changes no bit.
    List<Tensor> sums = StepDerivative.zeros(parameters(state));
    each(state, input, labels, own, (from, to, pass) -> Tensors.addTo(sums, pass.gradients(), 1));
    return sums;
  }

  /**
   * Goes the way of a step, there and back, in the caller's scope, and keeps it for when the step
   * is differentiated, as far as there is room. By then {@code state} has the same values.
   *
   * @param images all synthetic images
   */
  void keep(NamedTensors state, Tensor images, KeptPasses kept, long iteration, int step) {
    int[] seen = rows(iteration, step);
    long ofImage = GradientPass.bytesPerImage(network, images);
    long atOnce = imagesAtOnce(images, seen.length);
    long ofGradients = parameters(state).stream().mapToLong(Tensor::nbytes).sum();
    long parts = (seen.length + atOnce - 1) / atOnce;
    if (ofImage == 0 || !kept.takes(seen.length * ofImage + parts * ofGradients)) {
      return;
    }
    Tensor rows = Tensors.indices(images, seen);
    Tensor input = augmented(torch.index_select(images, 0, rows), iteration, step);
    Tensor labels = labels(input, iteration, step);
    RowParts.each(
        seen.length,
        Math.toIntExact(atOnce),
        (from, to) -> kept.put(step, pass(state, input, labels, from, to)));
  }

  /** Works on what a part of a step's images contributes, in a scope of its own. */
  @FunctionalInterface
  interface Part {
    void run(int from, int to, GradientPass pass);
  }

  /**
   * Works on what the parts of {@code input} contribute to the gradients of the mean class loss of
   * all; can be differentiated with respect to the part and the parameters. Parts fit the caches
   * and the memory; it is all at once where images may influence each other.
   *
   * @param input augmented images
   * @param kept the passes of the parts, in order; empty where they are to be made
   */
  void each(NamedTensors state, Tensor input, Tensor labels, List<GradientPass> kept, Part part) {
    int count = Math.toIntExact(input.size(0));
    Iterator<GradientPass> made = kept.iterator();
    RowParts.Part work =
        (from, to) -> {
          try (PointerScope scope = new PointerScope()) {
            part.run(from, to, made.hasNext() ? made.next() : pass(state, input, labels, from, to));
          }
        };
    if (!kept.isEmpty()) {
      // In the parts that they were made in, which nothing makes smaller.
      RowParts.each(count, Math.toIntExact(imagesAtOnce(input, count)), work);
    } else if (network.separable(Pass.TRAIN)) {
      twiceParts.run(count, Math.toIntExact(imagesAtOnce(input, count)), work);
    } else {
      twiceParts.whole(() -> work.run(0, count));
    }
  }

  private GradientPass pass(NamedTensors state, Tensor input, Tensor labels, int from, int to) {
    Tensor own = labels.narrow(0, from, to - from);
    double share = (double) (to - from) / input.size(0);
    GradientPass way =
        GradientPass.of(
            network,
            state,
            input.narrow(0, from, to - from),
            Pass.TRAIN,
            names,
            logits -> ClassLoss.mean(logits, own).mul(new Scalar(share)));
    way.buffers().close();
    return way;
  }

  /** Of {@code count}, how many images are best taken at a time; all where they may not part. */
  private long imagesAtOnce(Tensor images, int count) {
    long pixels = images.size(2) * images.size(3);
    return images.is_cpu()
        ? BatchGradients.imagesAtOnce(network, count, pixels, Pass.TRAIN)
        : count;
  }

  @Override
  public void close() {
    initial.close();
  }
}
