package org.potstill.distill;

import java.util.function.BiConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.potstill.augment.SiameseAugmentation;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.GradientDistance;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;

/** What the fixtures say of gradient matching. */
final class GradientMatchingFixtures {

  private GradientMatchingFixtures() {}

  /** One step: losses and gradient. */
  static void assertStep(FixtureFile file) {
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = IterationFixtureTest.realImages(file);
        GradientMatching distiller = distiller(file, real, 1, 0, 0)) {
      distiller.begin(0);
      MatchingStep step = distiller.step(file.tensor("syn"), 0);
      double tolerance = Tolerances.ITERATION_LOSS;
      Closeness.assertRelative(
          file + " losses", file.doubles("loss_per_class"), distiller.classLosses(), tolerance);
      Closeness.assertRelative(
          file + " loss",
          file.doubles("loss_sum"),
          new double[] {step.loss() * real.classes()},
          tolerance);
      Closeness.assertRelativeL2(
          file + " gradient",
          file.doubles("syn_grad"),
          Closeness.doubles(step.gradient()),
          Tolerances.ITERATION_GRADIENT);
    }
  }

  /** Several updates of the images, with training of the network between them. */
  static void assertLoop(FixtureFile file) {
    int outer = file.integer("outer_loop");
    try (PointerScope scope = new PointerScope();
        CoreSetImages real = IterationFixtureTest.realImages(file);
        Space space = PixelSpace.of(file.tensor("syn0"), file.number("lr_img"));
        ImageOptimiser optimiser = new ImageOptimiser(file.number("mom_img"));
        GradientMatching distiller =
            distiller(file, real, outer, file.integer("inner_loop"), file.number("lr_net"))) {
      distiller.begin(0);
      double[] parameters = parameters(distiller);
      for (int step = 0; step < outer; step++) {
        String name = "ol" + step + ".";
        MatchingStep matched = distiller.step(space.images(0), step);
        Closeness.assertRelative(
            file + " " + name,
            file.doubles(name + "loss_per_class"),
            distiller.classLosses(),
            Tolerances.LOOP_LOSS);
        Closeness.assertRelativeL2(
            file + " " + name,
            file.doubles(name + "syn_grad"),
            Closeness.doubles(matched.gradient()),
            Tolerances.LOOP_CHANGE);
        try (NamedTensors gradients = space.pullBack(0, matched.gradient())) {
          optimiser.step(space, gradients);
        }
        distiller.updated(space.images(0), step);
        assertChange(file, name + "syn", file.doubles("syn0"), Closeness.doubles(space.images(0)));
        assertChange(file, name + "net_params", parameters, parameters(distiller));
        if (file.has(name + "inner_losses")) {
          Closeness.assertRelative(
              file + " " + name + "inner_losses",
              file.doubles(name + "inner_losses"),
              distiller.innerLosses(),
              Tolerances.LOOP_LOSS);
        }
      }
    }
  }

  private static void assertChange(FixtureFile file, String name, double[] start, double[] found) {
    double[] expected = file.doubles(name);
    BiConsumer<double[], double[]> subtract =
        (from, what) -> {
          for (int i = 0; i < from.length; i++) {
            from[i] -= what[i];
          }
        };
    double[] change = found.clone();
    subtract.accept(expected, start);
    subtract.accept(change, start);
    Closeness.assertRelativeL2(file + " " + name, expected, change, Tolerances.LOOP_CHANGE);
  }

  /** The published default where the config names none. */
  private static GradientDistance distance(FixtureFile file) {
    return MatchingFixtureTest.distance(file.config().path("dis_metric").asText("ours"));
  }

  private static double[] parameters(GradientMatching distiller) {
    TensorVector flat = new TensorVector();
    for (Tensor parameter : distiller.state().parameters()) {
      flat.push_back(parameter.flatten());
    }
    return Closeness.doubles(torch.cat(flat, 0));
  }

  private static GradientMatching distiller(
      FixtureFile file, CoreSetImages real, int outer, int inner, double networkRate) {
    return new GradientMatching(
        IterationFixtureTest.network(file),
        iteration -> file.state(),
        real,
        IterationFixtureTest.kernels(),
        SiameseAugmentation.of(""),
        new GradientMatching.Settings(
            outer, inner, networkRate, (int) file.shape("real")[1], distance(file), Precision.F32),
        IterationFixtureTest.SEED);
  }
}
