package org.potstill.distill;

import java.util.Iterator;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.net.BatchGradients;
import org.potstill.net.GradientPass;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

/**
 * The steps that the student takes in one iteration, all on the same images. Every step is asked
 * for its {@link #gradients} first, in order, and for its {@link #derivative} when all are taken,
 * in any order; each time with a state of the same values.
 *
 * <p>A step that is {@linkplain #keep kept} before that is computed once instead of twice. Its
 * passes, and all that is found, are in the scope of the call.
 */
final class StudentSteps {

  private final Student student;
  private final Network network;
  private final Tensor images;
  private final long iteration;
  private final KeptPasses kept;

  /**
   * The steps of an iteration.
   *
   * @param images all synthetic images
   * @param room bytes that may be kept of their passes
   */
  StudentSteps(Student student, Tensor images, long iteration, long room) {
    this.student = student;
    this.network = student.network();
    this.images = images;
    this.iteration = iteration;
    this.kept = new KeptPasses(room);
  }

  /**
   * What a step sees.
   *
   * @param rows of the images
   * @param images these rows of them
   * @param input the same, augmented as the step draws
   * @param labels (N) int64
   */
  record Batch(Tensor rows, Tensor images, Tensor input, Tensor labels) {}

  /** What a step sees, the input differentiable with respect to the images or not. */
  Batch batch(int step, boolean differentiable) {
    Tensor rows = Tensors.indices(images, student.rows(iteration, step));
    Tensor seen = torch.index_select(images, 0, rows);
    if (differentiable) {
      seen.requires_grad_(true);
    }
    Tensor input = student.augmented(seen, iteration, step);
    return new Batch(rows, seen, input, student.labels(input, iteration, step));
  }

  /**
   * Computes a step, and keeps its passes for {@link #gradients} and {@link #derivative}, as far as
   * there is room.
   *
   * @param state of the student before the step
   */
  void keep(NamedTensors state, int step) {
    int count = student.rows(iteration, step).length;
    long ofImage = GradientPass.bytesPerImage(network, images);
    long atOnce = imagesAtOnce(count);
    long ofGradients = student.parameters(state).stream().mapToLong(Tensor::nbytes).sum();
    long parts = (count + atOnce - 1) / atOnce;
    if (ofImage == 0 || !kept.takes(count * ofImage + parts * ofGradients)) {
      return;
    }
    Batch batch = batch(step, false);
    RowParts.each(
        count,
        Math.toIntExact(atOnce),
        (from, to) -> kept.put(step, pass(state, batch.input(), batch.labels(), from, to)));
  }

  /**
   * Gradients of a step: of the mean class loss of its images with respect to the parameters of
   * {@code state}, without history.
   */
  List<Tensor> gradients(NamedTensors state, int step) {
    List<GradientPass> own = kept.of(step);
    if (own.size() == 1) {
      return own.get(0).gradients();
    }
    Batch batch = batch(step, false);
    if (GradientPass.bytesPerImage(network, batch.input()) == 0) {
      return new BatchGradients(
              network, state, student.names(), Precision.F32, student.plainParts())
          .of(batch.input(), batch.labels(), Pass.TRAIN)
          .gradients();
    }
    // The same as those of kept passes, so that what is kept changes no bit.
    List<Tensor> sums = StepDerivative.zeros(student.parameters(state));
    each(
        state,
        batch.input(),
        batch.labels(),
        step,
        (from, to, pass) -> Tensors.addTo(sums, pass.gradients(), 1));
    return sums;
  }

  /** As {@link StepDerivative#of}. */
  StepDerivative derivative(
      NamedTensors state, List<Tensor> weights, boolean ofParameters, int step) {
    return StepDerivative.of(this, state, weights, ofParameters, step);
  }

  /** Works on what a part of a step's images contributes, in a scope of its own. */
  @FunctionalInterface
  interface Part {
    void run(int from, int to, GradientPass pass);
  }

  /**
   * Works on what the parts of a step's images contribute to the gradients of the mean class loss
   * of all; can be differentiated with respect to the part and the parameters. Parts fit the caches
   * and the memory; it is all at once where images may influence each other.
   *
   * @param input augmented images
   */
  void each(NamedTensors state, Tensor input, Tensor labels, int step, Part part) {
    int count = Math.toIntExact(input.size(0));
    List<GradientPass> passes = kept.of(step);
    Iterator<GradientPass> made = passes.iterator();
    RowParts.Part work =
        (from, to) -> {
          try (PointerScope scope = new PointerScope()) {
            part.run(from, to, made.hasNext() ? made.next() : pass(state, input, labels, from, to));
          }
        };
    if (!passes.isEmpty()) {
      // In the parts that they were made in, which nothing makes smaller.
      RowParts.each(count, Math.toIntExact(imagesAtOnce(count)), work);
    } else if (network.separable(Pass.TRAIN)) {
      student.twiceParts().run(count, Math.toIntExact(imagesAtOnce(count)), work);
    } else {
      student.twiceParts().whole(() -> work.run(0, count));
    }
  }

  private GradientPass pass(NamedTensors state, Tensor input, Tensor labels, int from, int to) {
    Tensor own = labels.narrow(0, from, to - from);
    double share = (double) (to - from) / input.size(0);
    GradientPass pass =
        GradientPass.of(
            network,
            state,
            input.narrow(0, from, to - from),
            Pass.TRAIN,
            student.names(),
            logits -> ClassLoss.mean(logits, own).mul(new Scalar(share)));
    pass.buffers().close();
    return pass;
  }

  /** Of {@code count}, how many images are best taken at a time; all where they may not part. */
  private long imagesAtOnce(int count) {
    long pixels = images.size(2) * images.size(3);
    return images.is_cpu()
        ? BatchGradients.imagesAtOnce(network, count, pixels, Pass.TRAIN)
        : count;
  }
}
