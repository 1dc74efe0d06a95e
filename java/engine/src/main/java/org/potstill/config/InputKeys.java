package org.potstill.config;

import static org.potstill.config.Key.computed;
import static org.potstill.config.Key.fixed;
import static org.potstill.config.Key.required;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.potstill.config.Groups.ListOf;
import org.potstill.config.Groups.Pairs;
import org.potstill.config.Numbers.Real;
import org.potstill.config.Numbers.RealOrAuto;
import org.potstill.config.Numbers.Whole;
import org.potstill.config.Places.Location;
import org.potstill.config.Places.Source;
import org.potstill.config.Words.Choice;
import org.potstill.config.Words.Flag;
import org.potstill.config.Words.Text;
import org.potstill.tensor.Devices;

/** Keys of what goes into the distillation: the run, its images, their scores and the pruning. */
final class InputKeys {

  private static final Whole COUNT = new Whole(1, Integer.MAX_VALUE);
  private static final Real RATE = new Real(0, true, Numbers.LARGEST, false);

  private InputKeys() {}

  /** Section {@code run}. */
  static List<Key> run() {
    return List.of(
        computed(
            "run.name",
            new Text(Pattern.compile("(?!\\.{1,2}$)[^/\\x00-\\x1f]+"), "a name without '/'"),
            Settings::configName,
            "the name of the config file",
            "Name of the run, shown in the report."),
        computed(
            "run.out",
            new Location("a folder", null),
            settings -> Path.of("runs", settings.text("run.name")).toAbsolutePath().normalize(),
            "runs/NAME in the working directory",
            "The run directory, which holds everything that the run writes."),
        fixed("run.seed", new Whole(0, Long.MAX_VALUE), 0L, "Seed of every random draw.").shown(),
        fixed(
            "run.device",
            new Text(Devices.WISH, Devices.WISHES),
            "auto",
            "Where networks run; auto takes the first GPU that works (in a build with CUDA), else the CPU."),
        fixed(
            "run.threads",
            new Whole(0, 1024),
            0L,
            "Threads of networks, kernels and decoders; 0 takes one per core."),
        fixed(
            "run.kernels",
            new Choice(List.of("auto", "java", "cpu", "cuda")),
            "auto",
            "Provider of the kernels; auto takes the fastest that is available."),
        fixed(
            "run.deterministic",
            new Flag(),
            false,
            "Whether a GPU gives the same bits from run to run, which is slower; the CPU always does."));
  }

  /** Section {@code data}. */
  static List<Key> data() {
    ListOf perChannel = new ListOf(new Real(0, false, 1, false), true, true);
    // A smaller one would divide by what single precision takes for nothing.
    ListOf spread = new ListOf(new Real(1e-6, false, 1, false), true, true);
    return List.of(
        required(
            "data.source",
            new Source(List.of("builtin"), List.of("folder", "idx", "cifar10", "cifar100")),
            "The images: the embedded sample, or a folder with CLASS/* or train/CLASS/* and val/CLASS/*."),
        fixed(
            "data.classes",
            new ListOf(new Text(Pattern.compile("[\\s\\S]+"), "names of classes"), false, true),
            List.of(),
            "Classes to take, or the name of an ImageNet subset (imagenette); empty takes all."),
        computed(
            "data.resolution",
            new Whole(0, 4096),
            PaperDefaults::resolution,
            "128 for folders, else 0",
            "Side length in pixels of the distilled images; 0 takes that of the source."),
        fixed(
            "data.validation-share",
            new Real(0, false, 1, true),
            0.1,
            "Share of every class held back from scoring, pruning and distilling."),
        fixed(
            "data.test-share",
            new Real(0, false, 1, true),
            0.0,
            "Share of every class to test on, for folders that have no test images."),
        fixed(
            "data.resize",
            Choice.of(DataConfig.Resize.class),
            "antialias",
            "How images are resized: as current torchvision does, or as the published code did (reference)."),
        fixed(
            "data.on-bad-image",
            Choice.of(DataConfig.OnBadImage.class),
            "fail",
            "What happens when an image cannot be read; skip lists it in left-out.csv."),
        fixed(
            "data.mean",
            perChannel,
            List.of(),
            "Mean per channel for normalisation; empty takes that of the data set."),
        fixed(
            "data.std",
            spread,
            List.of(),
            "Standard deviation per channel for normalisation; empty takes that of the data set."),
        fixed(
            "data.class-index",
            new Pairs(new Whole(0, 999_999)),
            Map.of(),
            "Output of a pretrained scorer or generator by class; classes named by wnid need none."),
        fixed(
            "data.whitening",
            Choice.of(DataConfig.Whitening.class),
            "none",
            "Whether networks that distil and evaluate see whitened images (zca); for small images only."),
        fixed(
            "data.max-pixels",
            new Whole(1, Long.MAX_VALUE),
            100_000_000L,
            "Images with more pixels are rejected before they are decoded."));
  }

  /** Section {@code score}. */
  static List<Key> score() {
    return List.of(
        fixed(
            "score.network", new Choice(List.of("resnet18")), "resnet18", "Network of the scorer."),
        fixed(
            "score.weights",
            new Location("a file (.safetensors or .pth)", "train"),
            null,
            "Pretrained weights, or train: a scorer is then trained on the data, out of fold."),
        computed(
            "score.resolution",
            new Whole(0, 4096),
            PaperDefaults::scoreResolution,
            "224 with pretrained weights, else data.resolution",
            "Side length in pixels at which pretrained weights score the images; 0 takes"
                + " data.resolution, which a trained scorer always uses."),
        fixed("score.batch", COUNT, 64L, "Images per forward pass, and per training step."),
        fixed(
            "score.precision",
            Words.PRECISION,
            "f32",
            "Precision of the convolutions while scoring; bf16 is faster where the"
                + " processor has instructions for it, and ranks close images differently; tf32 is"
                + " for GPUs."),
        fixed("score.epochs", COUNT, 20L, "Epochs of training per fold (weights: train)."),
        fixed(
            "score.folds",
            new Whole(2, 1000),
            2L,
            "Folds that the data is split into (weights: train)."),
        fixed(
            "score.learning-rate", RATE, 0.01, "Peak learning rate of training (weights: train)."),
        fixed(
            "score.from",
            new Location("a run directory", "none"),
            null,
            "Run directory whose scores are used instead of scoring anew."));
  }

  /** Section {@code prune}. */
  static List<Key> prune() {
    return List.of(
        fixed(
                "prune.mode",
                Choice.of(PruneConfig.Mode.class),
                "easy",
                "Which images of a class are kept: those with the lowest (easy) or highest (hard) loss, a"
                    + " random choice, or all (none).")
            .shown(),
        computed(
            "prune.keep",
            new RealOrAuto(new Real(0, true, 1, false)),
            PaperDefaults::keep,
            "0.2 for dm, 0.6 for dc and mtt, 1 with mode none",
            "Share of every class that is kept: int(keep * n) images."));
  }
}
