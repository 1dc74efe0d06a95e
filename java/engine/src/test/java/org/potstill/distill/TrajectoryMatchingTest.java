package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.distill.TrajectoryMatching.Form;
import org.potstill.distill.TrajectoryMatching.Settings;
import org.potstill.fixtures.Closeness;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.BatchGradients;
import org.potstill.net.GradientPass;
import org.potstill.net.Network;
import org.potstill.net.NetworkOutput;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pass;
import org.potstill.net.Pooling;
import org.potstill.net.SmallGpu;
import org.potstill.net.StateEntry;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

class TrajectoryMatchingTest {

  private static final long SEED = 31;
  private static final int SIZE = 8;
  private static final int CLASSES = 2;
  private static final int PER_CLASS = 3;

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

  private static Tensor images() {
    return images(SIZE);
  }

  private static Tensor images(int size) {
    float[] values = new float[CLASSES * PER_CLASS * 3 * size * size];
    RandomStream.of(SEED, Purpose.IMAGE_INITIALISATION, 1, 0).fillGaussian(values, 0, 1);
    return Tensors.of(values, CLASSES * PER_CLASS, 3, size, size);
  }

  private static Network network(Norm norm) {
    return Networks.create(
        NetworkSpec.of("convnet", SIZE, 3, CLASSES).with(2, 4, norm, Pooling.AVG));
  }

  /** Start and target are two random networks. */
  private static TrajectoryMatching distiller(Form form, Norm norm, int steps, double rateRate) {
    return distiller(network(norm), new Settings(form, steps, 4, PER_CLASS, 0.05, rateRate, 0.5));
  }

  private static TrajectoryMatching distiller(Network network, Settings settings) {
    return keeping(network, settings, KeptPasses.usualRoom());
  }

  /** A distiller that keeps so many bytes of passes. */
  private static TrajectoryMatching keeping(Network network, Settings settings, long room) {
    ExpertSource experts =
        iteration -> new ExpertSegment(random(network, 0), random(network, iteration + 1));
    return new TrajectoryMatching(
        network,
        experts,
        new JavaKernels(),
        SiameseAugmentation.of("color_crop_cutout_flip_scale_rotate"),
        settings,
        StudentBatches.shuffled(CLASSES * PER_CLASS, settings.batchSynthetic(), SEED),
        room,
        SEED);
  }

  private static NamedTensors random(Network network, long index) {
    return network.initialise(RandomStream.of(SEED, Purpose.EXPERT_INITIALISATION, 0, index));
  }

  @Test
  void everyImageIsSeenOncePerPassAndTheLastPartComesFirst() {
    StudentBatches batches = StudentBatches.shuffled(7, 3, SEED);
    for (long iteration = 0; iteration < 3; iteration++) {
      long at = iteration;
      for (int pass = 0; pass < 2; pass++) {
        int first = 3 * pass;
        assertEquals(1, batches.rows(at, first).length);
        int[] seen =
            IntStream.range(first, first + 3)
                .flatMap(step -> Arrays.stream(batches.rows(at, step)))
                .sorted()
                .toArray();
        assertArrayEquals(new int[] {0, 1, 2, 3, 4, 5, 6}, seen);
      }
    }
  }

  private static void assertClose(
      TrajectoryForm.Result expected, TrajectoryForm.Result actual, double ofLoss) {
    double close = 1e-4;
    assertEquals(expected.loss(), actual.loss(), ofLoss * expected.loss());
    assertEquals(
        expected.rateGradient(), actual.rateGradient(), close * Math.abs(expected.rateGradient()));
    Closeness.assertRelativeL2(
        "gradient",
        Closeness.doubles(expected.imageGradient()),
        Closeness.doubles(actual.imageGradient()),
        close);
  }

  /** Their attention is a kernel without second derivative elsewhere. */
  @ParameterizedTest
  @EnumSource(Form.class)
  void visionTransformersCanDistil(Form form) {
    Network network = Networks.create(NetworkSpec.of("vit", SIZE, 3, CLASSES));
    Settings settings = new Settings(form, 2, 4, PER_CLASS, 0.05, 0, 0.5);
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching distiller = distiller(network, settings)) {
      distiller.begin(0);
      double size = distiller.run(images()).imageGradient().norm().item_double();
      assertTrue(Double.isFinite(size) && size > 0, "gradient of norm " + size);
    }
  }

  /** With one step no parameters come between, so that both forms are the same mathematics. */
  @ParameterizedTest
  @EnumSource(names = {"INSTANCE", "BATCH"})
  void formsAgreeOnASingleStep(Norm norm) {
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching unrolled = distiller(Form.UNROLLED, norm, 1, 0);
        TrajectoryMatching constant = distiller(Form.CONSTANT_MEMORY, norm, 1, 0)) {
      unrolled.begin(0);
      constant.begin(0);
      TrajectoryForm.Result a = unrolled.run(images());
      TrajectoryForm.Result b = constant.run(images());
      assertClose(a, b, 1e-6);
    }
  }

  /** Six images of maps so wide that four are taken at a time, against all six at once. */
  @ParameterizedTest
  @EnumSource
  void partsOfAStepAddUpToTheWhole(Form form) {
    Network parts =
        Networks.create(
            NetworkSpec.of("convnet", 32, 3, CLASSES).with(1, 512, Norm.INSTANCE, Pooling.AVG));
    Settings settings = new Settings(form, 2, 0, PER_CLASS, 0.05, 0, 0);
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching split = distiller(parts, settings);
        TrajectoryMatching whole = distiller(new Undivided(parts), settings)) {
      assertEquals(4, BatchGradients.imagesAtOnce(parts, 6, 32 * 32, Pass.TRAIN));
      split.begin(0);
      whole.begin(0);
      Tensor images = images(32);
      TrajectoryForm.Result a = whole.run(images);
      TrajectoryForm.Result b = split.run(images);
      assertClose(a, b, 1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whereMemoryEndsPartsOfAStepGiveTheSame(Form form) {
    Network network = network(Norm.INSTANCE);
    Settings settings = new Settings(form, 3, 4, PER_CLASS, 0.05, 0, 0);
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching split = distiller(new SmallGpu(network, 1), settings);
        TrajectoryMatching whole = distiller(new Undivided(network), settings)) {
      split.begin(0);
      whole.begin(0);
      TrajectoryForm.Result a = whole.run(images());
      TrajectoryForm.Result b = split.run(images());
      assertClose(a, b, 1e-5);
    }
  }

  @ParameterizedTest
  @EnumSource
  void stepsThatMayNotBeSplitAreTriedAgain(Form form) {
    Network network = network(Norm.BATCH);
    SmallGpu crowded = SmallGpu.crowded(network);
    Settings settings = new Settings(form, 3, 4, PER_CLASS, 0.05, 0, 0);
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching once = distiller(network, settings);
        TrajectoryMatching twice = distiller(crowded, settings)) {
      once.begin(0);
      twice.begin(0);
      TrajectoryForm.Result a = once.run(images());
      TrajectoryForm.Result b = twice.run(images());
      assertTrue(crowded.wasFull());
      assertEquals(a.loss(), b.loss());
      assertEquals(a.rateGradient(), b.rateGradient());
      assertArrayEquals(Closeness.doubles(a.imageGradient()), Closeness.doubles(b.imageGradient()));
    }
  }

  /** A network of somebody else's, whose batches are taken whole. */
  private record Undivided(Network inner) implements Network {
    @Override
    public String name() {
      return inner.name();
    }

    @Override
    public int classes() {
      return inner.classes();
    }

    @Override
    public List<StateEntry> state() {
      return inner.state();
    }

    @Override
    public NamedTensors initialise(RandomStream random) {
      return inner.initialise(random);
    }

    @Override
    public NetworkOutput logits(NamedTensors state, Tensor input, Pass pass) {
      return inner.logits(state, input, pass);
    }

    @Override
    public NetworkOutput embed(NamedTensors state, Tensor input, Pass pass) {
      return inner.embed(state, input, pass);
    }
  }

  /** None of three steps, some, and all; six images, of which four are taken at a time. */
  @ParameterizedTest
  @EnumSource
  void whatIsKeptOfStepsChangesNoBit(Form form) {
    Network network =
        Networks.create(
                NetworkSpec.of("convnet", 32, 3, CLASSES).with(1, 512, Norm.INSTANCE, Pooling.AVG))
            .with(new CpuKernels(1));
    Settings settings = new Settings(form, 3, 0, PER_CLASS, 0.05, 0, 0);
    try (PointerScope scope = new PointerScope()) {
      Tensor images = images(32);
      assertEquals(4, BatchGradients.imagesAtOnce(network, 6, 32 * 32, Pass.TRAIN));
      long step = 6 * GradientPass.bytesPerImage(network, images);
      List<TrajectoryForm.Result> results = new ArrayList<>();
      for (long room : new long[] {0, 2 * step, 4 * step}) {
        try (TrajectoryMatching distiller = keeping(network, settings, room)) {
          distiller.begin(0);
          results.add(distiller.run(images));
        }
      }
      TrajectoryForm.Result expected = results.get(0);
      for (TrajectoryForm.Result actual : results) {
        assertEquals(expected.loss(), actual.loss());
        assertEquals(expected.rateGradient(), actual.rateGradient());
        assertArrayEquals(
            Closeness.doubles(expected.imageGradient()), Closeness.doubles(actual.imageGradient()));
      }
    }
  }

  @Test
  void stepsAreKeptAsLongAsThereIsRoom() {
    KeptPasses kept = new KeptPasses(10);
    assertTrue(kept.takes(6));
    assertFalse(kept.takes(5));
    assertTrue(kept.takes(4));
    assertFalse(kept.takes(1));
    assertEquals(List.of(), kept.of(0));
  }

  @Test
  void rateMovesAgainstItsGradientWithMomentum() {
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching distiller = distiller(Form.UNROLLED, Norm.INSTANCE, 2, 1e-3)) {
      distiller.begin(0);
      double first = distiller.run(images()).rateGradient();
      distiller.step(images(), 0);
      double once = 0.05 - 1e-3 * first;
      assertEquals(once, distiller.learnedRate().orElseThrow(), 1e-6);
      double second = distiller.run(images()).rateGradient();
      distiller.step(images(), 0);
      assertEquals(
          once - 1e-3 * (0.5 * first + second), distiller.learnedRate().orElseThrow(), 1e-6);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Tag("memory")
  void repeatedIterationsKeepNativeMemoryFlat(Form form) {
    assertFlat(network(Norm.INSTANCE), images(), form, 200);
  }

  /** The steps of one iteration, lost in every one, would add up to more than 100 MB. */
  @ParameterizedTest
  @EnumSource
  @Tag("memory")
  void whatAnIterationKeepsIsGivenBack(Form form) {
    Network network =
        Networks.create(
                NetworkSpec.of("convnet", 32, 3, CLASSES).with(2, 16, Norm.INSTANCE, Pooling.AVG))
            .with(new CpuKernels(1));
    assertFlat(network, images(32), form, 60);
  }

  private static void assertFlat(Network network, Tensor images, Form form, int iterations) {
    Settings settings = new Settings(form, 3, 4, PER_CLASS, 0.05, 1e-6, 0.5);
    try (PointerScope scope = new PointerScope();
        TrajectoryMatching distiller = distiller(network, settings)) {
      ResidentMemory.assertFlat(
          iterations / 2,
          iterations,
          iteration -> {
            distiller.begin(iteration);
            try (PointerScope step = new PointerScope()) {
              distiller.step(images, 0);
            }
          });
    }
  }
}
