package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.KernelProviders;
import org.potstill.kernels.Kernels;
import org.potstill.net.Network;
import org.potstill.net.PublishedNetworks;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Precision;

/** Every iteration of the fixtures: loss and gradient of the images. */
class IterationFixtureTest {

  static final long SEED = 5;
  private static final int THREADS = 2;

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

  static List<FixtureFile> cases() {
    return FixtureFile.group("iteration");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void lossAndGradientEqualTheReference(FixtureFile file) {
    String reference = file.metadata().get("reference");
    // Equal halves, averaged, are the whole.
    assumeFalse(
        reference.contains("distill_dc_LD3M") && file.integer("real_per_class") % 2 == 1,
        "halves of different sizes are averaged as if they were equal; ours weighs them");
    if (reference.contains("distill_dm")) {
      assertDistributionMatching(file);
    } else if (reference.contains("distill_dc") && file.config().has("outer_loop")) {
      GradientMatchingFixtures.assertLoop(file);
    } else if (reference.contains("distill_dc")) {
      GradientMatchingFixtures.assertStep(file);
    } else if (reference.contains("distill_mtt")) {
      TrajectoryMatchingFixtures.assertForms(file);
    } else {
      abort("not available in this version: " + reference);
    }
  }

  private static void assertDistributionMatching(FixtureFile file) {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = realImages(file);
        DistributionMatching distiller =
            new DistributionMatching(
                network(file),
                iteration -> file.state(),
                real,
                kernels(),
                SiameseAugmentation.of(""),
                file.integer("real_per_class"),
                Precision.F32,
                SEED)) {
      distiller.begin(0);
      MatchingStep step = distiller.step(file.tensor("syn"), 0);
      assertEquals(1, distiller.stepsPerIteration());
      Closeness.assertRelative(
          file + " loss",
          file.doubles("loss"),
          new double[] {step.loss() * real.classes()},
          Tolerances.ITERATION_LOSS);
      Closeness.assertRelativeL2(
          file + " gradient",
          file.doubles("syn_grad"),
          Closeness.doubles(step.gradient()),
          Tolerances.ITERATION_GRADIENT);
    }
  }

  static Kernels kernels() {
    return KernelProviders.all(THREADS).stream()
        .filter(k -> k.isAvailable() && !k.name().equals("cuda"))
        .findFirst()
        .orElseThrow();
  }

  static Network network(FixtureFile file) {
    long[] images = file.shape(file.has("syn") ? "syn" : "syn0");
    return PublishedNetworks.convNet(file, (int) images[1]);
  }

  /** Real images of the file, [class, sample, C, H, W], as a core-set. */
  static CoreSetImages realImages(FixtureFile file) {
    Tensor real = file.tensor("real");
    int[] counts = new int[(int) real.size(0)];
    Arrays.fill(counts, (int) real.size(1));
    List<String> names = IntStream.range(0, counts.length).mapToObj(c -> "class " + c).toList();
    return new CoreSetImages(real.flatten(0, 1), counts, names);
  }
}
