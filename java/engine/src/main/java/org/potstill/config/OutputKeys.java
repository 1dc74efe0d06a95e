package org.potstill.config;

import static org.potstill.config.Key.computed;
import static org.potstill.config.Key.fixed;

import java.util.List;
import java.util.stream.Stream;
import org.potstill.config.Groups.ListOf;
import org.potstill.config.Numbers.Real;
import org.potstill.config.Numbers.Whole;
import org.potstill.config.Places.Location;
import org.potstill.config.Words.Choice;
import org.potstill.config.Words.Flag;
import org.potstill.config.Words.Strategy;

/** Keys of the distillation and of what measures its result. */
final class OutputKeys {

  /** Sets of real images that are evaluated for comparison. */
  static final List<String> BASELINES = List.of("random", "easiest", "herding", "k-center", "full");

  private static final String ALL_DSA = "color_crop_cutout_flip_scale_rotate";
  private static final List<String> OF_DSA =
      List.of("color", "crop", "cutout", "flip", "scale", "rotate");
  private static final Strategy DSA = new Strategy(OF_DSA, List.of());
  private static final Strategy DSA_OR_DC = new Strategy(OF_DSA, List.of("dc"));

  private static final Whole COUNT = new Whole(1, Integer.MAX_VALUE);
  private static final Whole COUNT_OR_NONE = new Whole(0, Integer.MAX_VALUE);
  private static final Real RATE = new Real(0, true, Numbers.LARGEST, false);
  private static final Real RATE_OR_NONE = new Real(0, false, Numbers.LARGEST, false);
  private static final Real MOMENTUM = new Real(0, false, 1, true);

  private OutputKeys() {}

  /** Section {@code experts}. */
  static List<Key> experts() {
    return List.of(
        fixed("experts.count", COUNT, 100L, "Number of experts."),
        fixed(
            "experts.epochs",
            COUNT,
            15L,
            "Epochs that may be drawn from; training ends with the last that distill.trajectory draws."),
        fixed("experts.learning-rate", RATE, 0.01, "Learning rate of SGD."),
        fixed("experts.momentum", MOMENTUM, 0.0, "Momentum of SGD."),
        fixed("experts.batch", COUNT, 256L, "Images per step."),
        fixed(
            "experts.precision",
            new Choice(List.of("f32", "bf16")),
            "f32",
            "Precision of the stored snapshots."),
        fixed(
            "experts.training-precision",
            Words.PRECISION,
            "f32",
            "Precision of convolutions and linear layers in training; tf32 is for GPUs."),
        fixed(
            "experts.from",
            new Location("a run directory", "none"),
            null,
            "Run directory whose experts are used, as many as it has; only the rest is trained."));
  }

  /** Section {@code distill}. */
  static List<Key> distill() {
    return Stream.of(
            distilled(), distillingNetwork(), distillingSteps(), PriorKeys.all(), trajectory())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Key> distilled() {
    return List.of(
        fixed(
                "distill.method",
                Choice.of(DistillConfig.Method.class),
                "dm",
                "What is matched: features (dm), gradients (dc) or trajectories (mtt).")
            .shown(),
        fixed(
            "distill.space",
            Choice.of(DistillConfig.Space.class),
            "pixel",
            "What is optimised: pixels, or latents of a GAN (glad) or a diffusion model (ld3m)."),
        fixed("distill.images-per-class", COUNT, 1L, "Synthetic images per class.").shown(),
        fixed("distill.iterations", COUNT, 10_000L, "Iterations in all; --resume may raise them."),
        fixed("distill.batch-real", COUNT, 256L, "Real images per class and step."),
        fixed(
            "distill.init",
            Choice.of(DistillConfig.Init.class),
            "real",
            "What the images start from: images of the core-set, or noise."));
  }

  private static List<Key> distillingNetwork() {
    return List.of(
        fixed("distill.network.name", new NetworkName(), "convnet", "The network that distils."),
        computed(
            "distill.network.depth",
            new Whole(1, 8),
            PaperDefaults::depth,
            "3 up to 64 pixels, 5 up to 128, 6 above",
            "Number of its blocks of convolution, norm, ReLU and pooling."),
        fixed("distill.network.width", new Whole(1, 4096), 128L, "Channels of every block."),
        fixed(
            "distill.network.norm",
            new Choice(List.of("instance", "batch", "layer", "group", "none")),
            "instance",
            "Its norm."),
        fixed(
            "distill.network.pooling",
            new Choice(List.of("avg", "max", "none")),
            "avg",
            "Its pooling, 2 x 2."));
  }

  private static List<Key> distillingSteps() {
    return List.of(
        fixed("distill.augment", DSA, ALL_DSA, "DSA strategy."),
        computed(
            "distill.learning-rate",
            RATE,
            PaperDefaults::learningRate,
            "dc 1, dm 10, mtt 10000; in the space ld3m a tenth of it",
            "Learning rate of the images."),
        fixed("distill.momentum", MOMENTUM, 0.5, "Momentum of SGD on the images."),
        fixed(
            "distill.loops",
            new Choice(List.of("once", "dc-paper")),
            "once",
            "Numbers of loops: one each (once), or those in the DC paper's table (dc)."),
        computed(
            "distill.outer-loops",
            COUNT,
            PaperDefaults::outerLoops,
            "1; with loops: dc-paper by images-per-class 1, 10, 20, 30, 40, 50: as many",
            "Updates of the images per iteration (dc)."),
        computed(
            "distill.inner-loops",
            COUNT,
            PaperDefaults::innerLoops,
            "1; with loops: dc-paper by images-per-class 1, 10, 20, 30, 40, 50: 1, 50, 25, 20, 15, 10",
            "Epochs of the network between two of them (dc)."),
        fixed(
            "distill.network-learning-rate",
            RATE,
            0.01,
            "Learning rate of the network in those epochs (dc)."),
        fixed(
            "distill.distance",
            new Choice(List.of("layerwise", "mse", "cos")),
            "layerwise",
            "Distance between gradients (dc)."),
        fixed(
            "distill.precision",
            Words.PRECISION,
            "f32",
            "Precision of the features (dm) or gradients (dc) of real images; tf32 is for GPUs."),
        fixed(
            "distill.checkpoint-every",
            COUNT,
            100L,
            "Iterations between two checkpoints; after five minutes one is written anyway."),
        fixed("distill.log-every", COUNT, 10L, "Iterations between two lines of metrics.jsonl."));
  }

  private static List<Key> trajectory() {
    return List.of(
        fixed(
            "distill.trajectory.form",
            Choice.of(TrajectoryConfig.Form.class),
            "constant-memory",
            "How the distance is differentiated: through all steps, or step by step (mtt)."),
        computed(
            "distill.trajectory.steps",
            COUNT,
            PaperDefaults::studentSteps,
            "20; in the space ld3m 10",
            "Steps of the student (mtt)."),
        fixed(
            "distill.trajectory.batch-synthetic",
            COUNT_OR_NONE,
            0L,
            "Synthetic images per step; 0 takes all (mtt)."),
        computed(
            "distill.trajectory.expert-epochs",
            COUNT,
            PaperDefaults::expertEpochs,
            "3; in the space ld3m 2",
            "Epochs of the expert that these steps should match (mtt)."),
        computed(
            "distill.trajectory.max-start-epoch",
            COUNT,
            PaperDefaults::maxStartEpoch,
            "5; in the space ld3m 2",
            "The epoch that a student starts from is drawn below this one (mtt)."),
        fixed(
            "distill.trajectory.learning-rate",
            RATE,
            0.01,
            "Learning rate that the student begins with (mtt)."),
        fixed(
            "distill.trajectory.rate-learning-rate",
            RATE_OR_NONE,
            1e-6,
            "Rate at which the student's rate is itself learned; 0 keeps it fixed (mtt)."),
        fixed(
            "distill.trajectory.rate-momentum",
            MOMENTUM,
            0.5,
            "Momentum with which the student's rate is learned (mtt)."));
  }

  /** Section {@code evaluate}. */
  static List<Key> evaluate() {
    return List.of(
        fixed(
            "evaluate.networks",
            new ListOf(new NetworkName(), false, false),
            List.of("convnet"),
            "Networks trained on the distilled images."),
        fixed("evaluate.repeats", COUNT, 5L, "Repeats per network, each with its own seed."),
        fixed("evaluate.epochs", COUNT, 1000L, "Epochs of training."),
        fixed("evaluate.batch", COUNT, 256L, "Images per step."),
        fixed(
            "evaluate.learning-rate",
            RATE_OR_NONE,
            0.0,
            "Peak learning rate; 0 takes that of the paper: 0.001, for vgg11 0.0001."),
        fixed(
            "evaluate.learned-rate",
            new Flag(),
            false,
            "Whether the peak is instead the learning rate that was learned with the images (mtt)."),
        fixed(
            "evaluate.schedule",
            Choice.of(EvaluateConfig.Schedule.class),
            "warmup-cosine",
            "Learning rate over the epochs: up and then down again, or a tenth in the second half (step)."),
        fixed(
            "evaluate.ema",
            MOMENTUM,
            0.995,
            "Decay of the running average of the weights that is tested; 0 tests the last weights."),
        fixed(
            "evaluate.augment",
            DSA_OR_DC,
            ALL_DSA,
            "DSA strategy, or that of DC's code for MNIST: every image shifted, scaled or turned by"
                + " itself (dc)."),
        fixed(
            "evaluate.precision",
            Words.PRECISION,
            "f32",
            "Precision of convolutions and linear layers in training and testing; tf32 is for"
                + " GPUs."),
        fixed(
            "evaluate.every",
            COUNT_OR_NONE,
            0L,
            "Iterations of the distillation between two evaluations; 0 evaluates only the last images."),
        fixed(
            "evaluate.protocol",
            Choice.of(EvaluateConfig.Protocol.class),
            "validation",
            "What the best iteration is chosen by: the validation share, or the test images (paper)."),
        fixed(
            "evaluate.baselines",
            new ListOf(new Choice(BASELINES), false, true),
            List.of("random"),
            "Sets of real images evaluated for comparison, as many per class; full takes all."),
        fixed(
            "evaluate.feature-epochs",
            COUNT,
            10L,
            "Training epochs of the network whose features herding and k-center choose by."),
        fixed(
            "evaluate.from",
            new Location("a run directory", "none"),
            null,
            "Run directory whose finished trainings are used where they would be the same."));
  }
}
