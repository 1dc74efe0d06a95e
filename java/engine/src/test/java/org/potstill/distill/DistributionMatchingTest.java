package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
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
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.fixtures.Closeness;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pass;
import org.potstill.net.Pooling;
import org.potstill.net.SmallGpu;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

class DistributionMatchingTest {

  private static final long SEED = 17;
  private static final int SIZE = 8;
  private static final int[] COUNTS = {3, 5, 4};
  private static final int PER_CLASS = 2;

  /** Fewer than the largest class has, and more than the smallest. */
  private static final int BATCH_REAL = 4;

  private static final double CLOSE = 1e-5;

  /** Of features rounded to 8 bits of mantissa. */
  private static final double COARSE = 0.03;

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
    return new CoreSetImages(random(12, 0), COUNTS, List.of("a", "b", "c"));
  }

  private static Network network(Norm norm) {
    return Networks.create(
        NetworkSpec.of("convnet", SIZE, 3, COUNTS.length).with(2, 4, norm, Pooling.AVG));
  }

  private static DistributionMatching distiller(Norm norm, CoreSetImages real, String augment) {
    return distiller(norm, real, augment, Precision.F32);
  }

  private static DistributionMatching distiller(
      Norm norm, CoreSetImages real, String augment, Precision precision) {
    return distiller(network(norm), real, augment, precision);
  }

  private static DistributionMatching distiller(
      Network network, CoreSetImages real, String augment, Precision precision) {
    return new DistributionMatching(
        network,
        real,
        new JavaKernels(),
        SiameseAugmentation.of(augment),
        BATCH_REAL,
        precision,
        SEED);
  }

  private static MatchingStep step(Norm norm, Precision precision) {
    try (CoreSetImages real = coreSet();
        DistributionMatching distiller =
            distiller(norm, real, "color_crop_cutout_flip_scale_rotate", precision)) {
      distiller.begin(0);
      return distiller.step(random(PER_CLASS * COUNTS.length, 1), 0);
    }
  }

  @Test
  void batchStatisticsAreTriedAgain() {
    SmallGpu crowded = SmallGpu.crowded(network(Norm.BATCH));
    String augment = "color_crop_cutout_flip_scale_rotate";
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        DistributionMatching distiller = distiller(crowded, real, augment, Precision.F32)) {
      distiller.begin(0);
      MatchingStep twice = distiller.step(random(PER_CLASS * COUNTS.length, 1), 0);
      assertTrue(crowded.wasFull());
      MatchingStep once = step(Norm.BATCH, Precision.F32);
      MatchingSteps.assertClose(once, twice, CLOSE);
    }
  }

  @Test
  void stopsWithinAStep() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        DistributionMatching distiller =
            distiller(network(Norm.INSTANCE), real, "none", Precision.F32)) {
      CancellationToken token = new CancellationToken();
      distiller.heed(token);
      distiller.begin(0);
      token.cancel();
      Tensor images = random(PER_CLASS * COUNTS.length, 1);
      assertThrows(RunCancelledException.class, () -> distiller.step(images, 0));
    }
  }

  private static MatchingStep stepOnSmallGpu(Norm norm, int most) {
    try (CoreSetImages real = coreSet();
        DistributionMatching distiller =
            distiller(
                new SmallGpu(network(norm), most),
                real,
                "color_crop_cutout_flip_scale_rotate",
                Precision.F32)) {
      distiller.begin(0);
      Tensor images = random(PER_CLASS * COUNTS.length, 1);
      distiller.step(images, 0);
      // Again with what was found to fit.
      return distiller.step(images, 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void whereMemoryEndsPartsGiveTheSame(int most) {
    try (PointerScope scope = new PointerScope()) {
      MatchingStep whole = step(Norm.INSTANCE, Precision.F32);
      MatchingStep parts = stepOnSmallGpu(Norm.INSTANCE, most);
      MatchingSteps.assertClose(whole, parts, CLOSE);
    }
  }

  @Test
  void classThatDoesNotFitIsAnErrorThatNamesTheKeys() {
    try (PointerScope scope = new PointerScope()) {
      Exception error =
          assertThrows(RunFailedException.class, () -> stepOnSmallGpu(Norm.INSTANCE, 1));
      assertTrue(error.getMessage().contains("distill.images-per-class"), error.getMessage());
      assertTrue(error.getMessage().contains("20.00 MiB wanted"), error.getMessage());
    }
  }

  /** The pipeline says what to lower: batch statistics are of all images or of others. */
  @Test
  void batchStatisticsAreNotSplit() {
    try (PointerScope scope = new PointerScope()) {
      Exception error = assertThrows(RuntimeException.class, () -> stepOnSmallGpu(Norm.BATCH, 4));
      assertFalse(error instanceof RunFailedException, error.toString());
    }
  }

  /** The synthetic images themselves stay in single precision. */
  @ParameterizedTest
  @EnumSource(names = {"INSTANCE", "BATCH"})
  void coarseFeaturesOfRealImagesMoveTheGradientLittle(Norm norm) {
    try (PointerScope scope = new PointerScope()) {
      MatchingStep exact = step(norm, Precision.F32);
      MatchingStep coarse = step(norm, Precision.BF16);
      assertNotEquals(exact.loss(), coarse.loss());
      MatchingSteps.assertClose(exact, coarse, COARSE);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"INSTANCE", "NONE", "BATCH"})
  void gradientEqualsTheTensorExpression(Norm norm) {
    for (int iteration = 0; iteration < 6; iteration++) {
      try (PointerScope scope = new PointerScope();
          CoreSetImages real = coreSet();
          DistributionMatching distiller =
              distiller(norm, real, "color_crop_cutout_flip_scale_rotate")) {
        Tensor images = random(PER_CLASS * COUNTS.length, 1);
        distiller.begin(iteration);
        MatchingStep step = distiller.step(images, 0);
        Tensor leaf = images.detach().requires_grad_(true);
        Tensor expected = expression(norm, real, leaf, iteration);
        assertEquals(expected.item_double() / COUNTS.length, step.loss(), CLOSE * step.loss());
        Tensor gradient = Tensors.gradients(expected, null, new Tensor[] {leaf}, false)[0];
        Closeness.assertRelativeL2(
            "gradient", Closeness.doubles(gradient), Closeness.doubles(step.gradient()), CLOSE);
      }
    }
  }

  /** The published loop over classes, written plainly; batch norm embeds all of them at once. */
  private static Tensor expression(Norm norm, CoreSetImages real, Tensor images, int iteration) {
    Network network = network(norm);
    SiameseAugmentation augmentation =
        SiameseAugmentation.of("color_crop_cutout_flip_scale_rotate");
    RealBatches batches = new RealBatches(real, BATCH_REAL, SEED);
    TensorVector realImages = new TensorVector();
    TensorVector synthetic = new TensorVector();
    for (int c = 0; c < COUNTS.length; c++) {
      AugmentDraw draw =
          augmentation.drawShared(
              RandomStream.of(SEED, Purpose.DISTILL_AUGMENTATION, iteration, c), SIZE, SIZE);
      realImages.push_back(augmentation.apply(batches.take(c, iteration, 0), draw));
      synthetic.push_back(
          augmentation.apply(images.narrow(0, (long) c * PER_CLASS, PER_CLASS), draw));
    }
    try (NamedTensors state =
        network.initialise(RandomStream.of(SEED, Purpose.NETWORK_INITIALISATION, iteration, 0))) {
      Tensor f = network.embed(state, torch.cat(realImages, 0), Pass.TRAIN).value().detach();
      Tensor g = network.embed(state, torch.cat(synthetic, 0), Pass.TRAIN).value();
      Tensor loss = torch.zeros(1);
      long row = 0;
      for (int c = 0; c < COUNTS.length; c++) {
        int drawn = Math.min(BATCH_REAL, COUNTS[c]);
        Tensor mean = f.narrow(0, row, drawn).mean(0);
        Tensor own = g.narrow(0, (long) c * PER_CLASS, PER_CLASS).mean(0);
        loss = loss.add(mean.sub(own).square().sum());
        row += drawn;
      }
      return loss;
    }
  }

  @Test
  void sameIterationGivesTheSameStepAndAnotherDoesNot() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        DistributionMatching distiller = distiller(Norm.INSTANCE, real, "color_crop")) {
      Tensor images = random(3, 1);
      distiller.begin(4);
      float[] first = Tensors.toFloats(distiller.step(images, 0).gradient());
      distiller.begin(5);
      float[] other = Tensors.toFloats(distiller.step(images, 0).gradient());
      distiller.begin(4);
      assertArrayEquals(first, Tensors.toFloats(distiller.step(images, 0).gradient()));
      assertTrue(!Arrays.equals(first, other));
    }
  }

  @Test
  void classWithoutImagesIsNamed() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real =
            new CoreSetImages(random(3, 0), new int[] {2, 0, 1}, List.of("a", "empty", "c"))) {
      InputException error =
          assertThrows(InputException.class, () -> distiller(Norm.INSTANCE, real, ""));
      assertTrue(error.getMessage().contains("'empty'"), error.getMessage());
    }
  }

  @Test
  @Tag("memory")
  void repeatedIterationsKeepNativeMemoryFlat() {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = coreSet();
        DistributionMatching distiller =
            distiller(Norm.BATCH, real, "color_crop_cutout_flip_scale_rotate");
        Space space = PixelSpace.real(real, PER_CLASS, SEED, 1);
        ImageOptimiser optimiser = new ImageOptimiser(0.5)) {
      ResidentMemory.assertFlat(
          100,
          400,
          iteration -> {
            distiller.begin(iteration);
            try (PointerScope step = new PointerScope()) {
              MatchingStep matched = distiller.step(space.images(iteration), 0);
              try (NamedTensors gradients = space.pullBack(iteration, matched.gradient())) {
                optimiser.step(space, gradients);
              }
            }
          });
    }
  }
}
