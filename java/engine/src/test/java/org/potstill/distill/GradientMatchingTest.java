package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.augment.AugmentDraw;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.errors.RunCancelledException;
import org.potstill.fixtures.Closeness;
import org.potstill.kernels.GradientDistance;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.Mode;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pass;
import org.potstill.net.Pooling;
import org.potstill.net.SmallGpu;
import org.potstill.net.TrainedState;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

class GradientMatchingTest {

  private static final long SEED = 23;
  private static final int SIZE = 8;
  private static final int[] COUNTS = {3, 5};
  private static final int PER_CLASS = 2;
  private static final int BATCH_REAL = 10;

  private static final double CLOSE = 1e-4;

  /** Of gradients rounded to 8 bits of mantissa. */
  private static final double COARSE = 0.03;

  private static final String AUGMENT = "color_crop_cutout_flip_scale_rotate";
  private static final Pass FROZEN = new Pass(Mode.FROZEN_STATISTICS, null);

  private static LibTorch.ThreadSettings threads;

  /** Tensors this small are slower on several threads, on a busy machine by far. */
  @BeforeAll
  static void useOneThread() {
    threads = LibTorch.withThreads(1);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  private static Tensor random(int images, int index) {
    float[] values = new float[images * 3 * SIZE * SIZE];
    RandomStream.of(SEED, Purpose.IMAGE_INITIALISATION, 1, index).fillGaussian(values, 0, 1);
    return Tensors.of(values, images, 3, SIZE, SIZE);
  }

  private static CoreSetImages coreSet() {
    return new CoreSetImages(random(8, 0), COUNTS, List.of("a", "b"));
  }

  private static Network network(Norm norm) {
    return Networks.create(
        NetworkSpec.of("convnet", SIZE, 3, COUNTS.length).with(2, 4, norm, Pooling.AVG));
  }

  private static NamedTensors fresh(Norm norm, long iteration) {
    return network(norm)
        .initialise(RandomStream.of(SEED, Purpose.NETWORK_INITIALISATION, iteration, 0));
  }

  private static GradientMatching distiller(Norm norm, CoreSetImages real, int outer, int inner) {
    return distiller(norm, real, outer, inner, Precision.F32);
  }

  private static GradientMatching distiller(
      Norm norm, CoreSetImages real, int outer, int inner, Precision precision) {
    return distiller(network(norm), real, outer, inner, precision);
  }

  private static GradientMatching distiller(
      Network network, CoreSetImages real, int outer, int inner, Precision precision) {
    return distiller(network, real, outer, inner, BATCH_REAL, precision);
  }

  private static GradientMatching distiller(
      Network network, CoreSetImages real, int outer, int inner, int batch, Precision precision) {
    GradientMatching.Settings settings =
        new GradientMatching.Settings(
            outer, inner, 0.1, batch, GradientDistance.LAYERWISE, precision);
    return new GradientMatching(
        network, real, new JavaKernels(), SiameseAugmentation.of(AUGMENT), settings, SEED);
  }

  /** Its attention is a kernel without second derivative elsewhere. */
  @Test
  void visionTransformersCanDistil() {
    Network network = Networks.create(NetworkSpec.of("vit", SIZE, 3, COUNTS.length));
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        GradientMatching distiller = distiller(network, real, 1, 1, Precision.F32)) {
      distiller.begin(0);
      MatchingStep step = distiller.step(random(PER_CLASS * COUNTS.length, 1), 0);
      double size = step.gradient().norm().item_double();
      assertTrue(Double.isFinite(size) && size > 0, "gradient of norm " + size);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INSTANCE", "BATCH"})
  void gradientEqualsTheTensorExpression(Norm norm) {
    // A batch has room for the first class alone, statistics have for all but four of the second.
    int[] counts = {3, 20};
    int batch = 4;
    long iteration = 3;
    int outer = 2;
    int last = outer - 1;
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = new CoreSetImages(random(23, 0), counts, List.of("a", "b"));
        TrainedState state = new TrainedState(network(norm));
        GradientMatching distiller =
            distiller(network(norm), real, outer, 1, batch, Precision.F32)) {
      Tensor images = random(PER_CLASS * COUNTS.length, 1);
      distiller.begin(iteration);
      MatchingStep step = distiller.step(images, last);
      state.replace(fresh(norm, iteration));
      if (norm == Norm.BATCH) {
        // Of 16 images a class, drawn apart from those that are matched.
        RealBatches statistics = new RealBatches(real, 16, SEED);
        state.moveBuffers(
            torch.cat(
                new TensorVector(
                    statistics.take(0, iteration, outer + last),
                    statistics.take(1, iteration, outer + last)),
                0));
      }
      Tensor leaf = images.detach().requires_grad_(true);
      Tensor expected =
          expression(state, new RealBatches(real, batch, SEED), leaf, iteration, last);
      assertEquals(expected.item_double() / COUNTS.length, step.loss(), CLOSE * step.loss());
      Tensor gradient = Tensors.gradients(expected, null, new Tensor[] {leaf}, false)[0];
      Closeness.assertRelativeL2(
          "gradient", Closeness.doubles(gradient), Closeness.doubles(step.gradient()), CLOSE);
    }
  }

  private static MatchingStep step(Norm norm, Precision precision) {
    try (CoreSetImages real = coreSet();
        GradientMatching distiller = distiller(norm, real, 1, 1, precision)) {
      distiller.begin(0);
      return distiller.step(random(PER_CLASS * COUNTS.length, 1), 0);
    }
  }

  /** Where a single image fits, those of a class have to be differentiated twice in parts too. */
  @ParameterizedTest
  @ValueSource(ints = {1, PER_CLASS})
  void whereMemoryEndsPartsGiveTheSame(int most) {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        GradientMatching small =
            distiller(new SmallGpu(network(Norm.INSTANCE), most), real, 1, 1, Precision.F32)) {
      MatchingStep whole = step(Norm.INSTANCE, Precision.F32);
      small.begin(0);
      MatchingStep parts = small.step(random(PER_CLASS * COUNTS.length, 1), 0);
      MatchingSteps.assertClose(whole, parts, CLOSE);
    }
  }

  /** They are taken in the first pass of a step. */
  @Test
  void batchStatisticsAreTriedAgain() {
    SmallGpu crowded = SmallGpu.crowded(network(Norm.BATCH));
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        GradientMatching distiller = distiller(crowded, real, 1, 1, Precision.F32)) {
      MatchingStep once = step(Norm.BATCH, Precision.F32);
      distiller.begin(0);
      MatchingStep twice = distiller.step(random(PER_CLASS * COUNTS.length, 1), 0);
      assertTrue(crowded.wasFull());
      MatchingSteps.assertClose(once, twice, CLOSE);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INSTANCE", "BATCH"})
  void coarseGradientsOfRealImagesMoveTheGradientLittle(Norm norm) {
    try (PointerScope scope = new PointerScope()) {
      MatchingStep exact = step(norm, Precision.F32);
      MatchingStep coarse = step(norm, Precision.BF16);
      assertNotEquals(exact.loss(), coarse.loss());
      MatchingSteps.assertClose(exact, coarse, COARSE);
    }
  }

  /** The published loop over classes, written plainly. */
  private static Tensor expression(
      TrainedState state, RealBatches batches, Tensor images, long iteration, int step) {
    SiameseAugmentation augmentation = SiameseAugmentation.of(AUGMENT);
    Tensor loss = torch.zeros(1);
    for (int c = 0; c < COUNTS.length; c++) {
      long index = (long) step * COUNTS.length + c;
      AugmentDraw draw =
          augmentation.drawShared(
              RandomStream.of(SEED, Purpose.DISTILL_AUGMENTATION, iteration, index), SIZE, SIZE);
      Tensor synthetic = images.narrow(0, (long) c * PER_CLASS, PER_CLASS);
      Tensor[] target =
          gradients(state, augmentation.apply(batches.take(c, iteration, step), draw), c);
      Tensor[] own = gradients(state, augmentation.apply(synthetic, draw), c);
      for (int i = 0; i < own.length; i++) {
        if (own[i].dim() > 1) {
          loss = loss.add(rowDistance(target[i].detach().flatten(1, -1), own[i].flatten(1, -1)));
        }
      }
    }
    return loss;
  }

  private static Tensor rowDistance(Tensor real, Tensor synthetic) {
    Tensor norms = norm(real).mul(norm(synthetic)).add(new Scalar(1e-6));
    Tensor cosine = real.mul(synthetic).sum(-1).div(norms);
    return cosine.neg().add(new Scalar(1)).sum();
  }

  private static Tensor norm(Tensor rows) {
    return rows.square().sum(-1).sqrt();
  }

  private static Tensor[] gradients(TrainedState state, Tensor images, int label) {
    int[] labels = new int[(int) images.size(0)];
    Arrays.fill(labels, label);
    Tensor loss = ClassLoss.mean(state.logits(images, FROZEN), Tensors.indices(labels));
    Tensor[] parameters = state.parameters().toArray(Tensor[]::new);
    return Tensors.gradients(loss, null, parameters, true);
  }

  @ParameterizedTest
  @EnumSource
  void partsOfDifferentSizesGiveWhatTheWholeGives(GradientDistance distance) {
    UnaryOperator<Tensor> same = UnaryOperator.identity();
    try (PointerScope scope = new PointerScope();
        TrainedState state = new TrainedState(network(Norm.INSTANCE))) {
      state.replace(fresh(Norm.INSTANCE, 0));
      Tensor real = random(7, 2);
      Tensor images = random(5, 3);
      GradientDistances whole =
          new GradientDistances(state, new JavaKernels(), distance, MapPixels.TWICE);
      GradientDistances parts =
          new GradientDistances(state, new JavaKernels(), distance, 3 * SIZE * SIZE);
      Tensor expected = torch.empty_like(images);
      Tensor found = torch.empty_like(images);
      double loss =
          whole.match(
              whole.gradients(real, 1, FROZEN, Precision.F32), images, same, 1, FROZEN, expected);
      assertEquals(
          loss,
          parts.match(
              parts.gradients(real, 1, FROZEN, Precision.F32), images, same, 1, FROZEN, found),
          CLOSE * loss);
      Closeness.assertRelativeL2(
          "gradient", Closeness.doubles(expected), Closeness.doubles(found), CLOSE);
    }
  }

  /** The layer-wise distance alone leaves out biases and norms. */
  @ParameterizedTest
  @EnumSource(names = {"MSE", "COSINE"})
  void distancesOfOneVectorAreOfAllParameters(GradientDistance distance) {
    try (PointerScope scope = new PointerScope();
        TrainedState state = new TrainedState(network(Norm.INSTANCE))) {
      state.replace(fresh(Norm.INSTANCE, 0));
      Tensor real = random(7, 2);
      Tensor images = random(5, 3);
      GradientDistances distances =
          new GradientDistances(state, new JavaKernels(), distance, MapPixels.TWICE);
      double found =
          distances.match(
              distances.gradients(real, 1, FROZEN, Precision.F32),
              images,
              UnaryOperator.identity(),
              1,
              FROZEN,
              torch.empty_like(images));
      double[] a = vector(gradients(state, real, 1));
      double[] b = vector(gradients(state, images, 1));
      double squares = 0;
      double product = 0;
      for (int i = 0; i < a.length; i++) {
        squares += (a[i] - b[i]) * (a[i] - b[i]);
        product += a[i] * b[i];
      }
      double expected =
          distance == GradientDistance.MSE ? squares : 1 - product / (length(a) * length(b));
      assertEquals(expected, found, CLOSE * expected);
    }
  }

  private static double[] vector(Tensor[] tensors) {
    return Arrays.stream(tensors)
        .flatMapToDouble(tensor -> Arrays.stream(Closeness.doubles(tensor)))
        .toArray();
  }

  private static double length(double[] vector) {
    return Math.sqrt(Arrays.stream(vector).map(value -> value * value).sum());
  }

  @Test
  void networkIsTrainedBetweenTheStepsAndFreshInEveryIteration() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        GradientMatching distiller = distiller(Norm.BATCH, real, 2, 2)) {
      Tensor images = random(2, 1);
      distiller.begin(0);
      float[] before = parameters(distiller);
      float[] first = Tensors.toFloats(distiller.step(images, 0).gradient());
      distiller.updated(images, 0);
      float[] trained = parameters(distiller);
      assertFalse(Arrays.equals(before, trained));
      distiller.step(images, 1);
      distiller.updated(images, 1);
      assertArrayEquals(trained, parameters(distiller));
      distiller.begin(0);
      assertArrayEquals(before, parameters(distiller));
      assertArrayEquals(first, Tensors.toFloats(distiller.step(images, 0).gradient()));
    }
  }

  /** A step takes minutes with many images, and so does a training between two. */
  @Test
  void stopsWithinAStepAndWithinATraining() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        GradientMatching distiller = distiller(Norm.INSTANCE, real, 2, 2)) {
      CancellationToken token = new CancellationToken();
      distiller.heed(token);
      Tensor images = random(2, 1);
      distiller.begin(0);
      distiller.step(images, 0);
      token.cancel();
      assertThrows(RunCancelledException.class, () -> distiller.updated(images, 0));
      assertThrows(RunCancelledException.class, () -> distiller.step(images, 1));
      assertTrue(distiller.watchesUpdates(0));
      assertFalse(distiller.watchesUpdates(1));
    }
  }

  private static float[] parameters(GradientMatching distiller) {
    TensorVector flat = new TensorVector();
    distiller.state().parameters().forEach(p -> flat.push_back(p.flatten()));
    return Tensors.toFloats(torch.cat(flat, 0));
  }

  @Test
  @Tag("memory")
  void repeatedIterationsKeepNativeMemoryFlat() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        GradientMatching distiller = distiller(Norm.INSTANCE, real, 2, 1)) {
      Tensor images = random(4, 1);
      ResidentMemory.assertFlat(
          100,
          200,
          iteration -> {
            distiller.begin(iteration);
            for (int step = 0; step < 2; step++) {
              try (PointerScope each = new PointerScope()) {
                distiller.step(images, step);
                distiller.updated(images, step);
              }
            }
          });
    }
  }
}
