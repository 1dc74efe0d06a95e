package org.potstill.distill;

import static java.util.Collections.nCopies;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.Config;
import org.potstill.config.DataConfig;
import org.potstill.config.DistillConfig;
import org.potstill.config.DistillConfig.Init;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.EvaluateConfig;
import org.potstill.config.ExpertsConfig;
import org.potstill.config.NetworkConfig;
import org.potstill.config.PriorConfig;
import org.potstill.config.RunConfig;
import org.potstill.config.TrajectoryConfig;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.Normalisation;
import org.potstill.data.RawImage;
import org.potstill.experts.ExpertsStage;
import org.potstill.kernels.JavaKernels;
import org.potstill.prune.CoreSet;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Stopper;
import org.potstill.weights.Safetensors;

/** A distillation of a few images of 8 pixels, whose settings tests change one by one. */
final class TinyRun {

  static final int SIZE = 8;
  static final List<String> CLASSES = List.of("cat", "dog/wolf", "eel");
  private static final int PER_CLASS = 6;
  private static final long SEED = 3;

  Method method = Method.DM;
  Init init = Init.REAL;
  int channels = 1;
  boolean asImageNet;
  int resolution = SIZE;
  int imagesPerClass = 2;
  int iterations = 6;
  int checkpointEvery = 2;
  int evaluateEvery;
  double learningRate = 1;
  String network = "convnet";
  int width = 4;
  int expertCount = 2;
  double expertRate = 0.05;
  double rateLearningRate = 1e-4;
  int outerLoops = 1;
  int threads = 1;
  int expertEpochs = 3;
  String precision = "f32";

  /** Precision of networks wherever it can be chosen. */
  String computing = "f32";

  TrajectoryConfig.Form form = TrajectoryConfig.Form.CONSTANT_MEMORY;
  RunListener listener = RunListener.SILENT;
  CancellationToken cancellation = new CancellationToken();
  String unreadable = "";
  String tooLarge = "";

  Map<String, Integer> classIndex = Map.of();

  /** Null distils pixels. */
  PriorConfig prior;

  /** Random grey images, as many of every class. */
  private final class MemoryDataset implements Dataset {

    @Override
    public List<String> classNames() {
      return CLASSES;
    }

    @Override
    public List<String> classKeys() {
      return CLASSES;
    }

    @Override
    public List<ImageRecord> training() {
      List<ImageRecord> records = new ArrayList<>();
      for (int c = 0; c < CLASSES.size(); c++) {
        for (int i = 0; i < PER_CLASS; i++) {
          records.add(new ImageRecord(CLASSES.get(c) + "/" + i, c));
        }
      }
      return records;
    }

    @Override
    public List<ImageRecord> validation() {
      return List.of();
    }

    @Override
    public List<ImageRecord> test() {
      return List.of();
    }

    @Override
    public int channels() {
      return channels;
    }

    @Override
    public int resolution() {
      return resolution;
    }

    @Override
    public Normalisation normalisation() {
      return asImageNet
          ? Normalisation.IMAGENET
          : new Normalisation(nCopies(channels, 0.5), nCopies(channels, 0.25));
    }

    @Override
    public String fingerprint() {
      return "tiny";
    }

    @Override
    public String trainingFingerprint() {
      return fingerprint();
    }

    @Override
    public RawImage read(ImageRecord image) throws BadImageException {
      if (image.id().equals(tooLarge)) {
        throw new OutOfMemoryError("Java heap space");
      }
      if (image.id().equals(unreadable)) {
        throw new BadImageException(image.id(), "it ends early");
      }
      byte[] pixels = new byte[resolution * resolution * channels];
      RandomStream random =
          RandomStream.of(SEED, Purpose.BASELINE_CHOICE, image.id().hashCode(), 0);
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (byte) random.nextInt(256);
      }
      return new RawImage(resolution, resolution, channels, pixels);
    }

    @Override
    public void close() {}
  }

  /** Runs the stage in {@code folder}, on from a checkpoint that lies there. */
  void run(Path folder) {
    try (RunDirectory directory = RunDirectory.open(folder, Existing.RESUME);
        Dataset data = new MemoryDataset()) {
      List<CoreSet.Entry> entries = new ArrayList<>();
      for (ImageRecord image : data.training()) {
        String key = CLASSES.get(image.classIndex());
        entries.add(new CoreSet.Entry(image.id(), key, 0.5f, entries.size() % PER_CLASS + 1));
      }
      new CoreSet(entries).write(directory.resolve(CoreSet.FILE));
      AtomicFiles.writeString(directory.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\n");
      RunContext context = new RunContext(directory, listener, cancellation, SEED, threads);
      if (method == Method.MTT) {
        new ExpertsStage(config(), data, context, new JavaKernels()).run();
      }
      new DistillStage(config(), data, context, new JavaKernels()).run();
    }
  }

  /** Has the next run stop when so much of {@code task} is done. */
  void stopWhen(String task, long done) {
    listener = new Stopper(cancellation, now -> now.task().equals(task) && now.done() == done);
  }

  /** Has the next run stop when so many iterations are distilled. */
  void stopAfter(long iterations) {
    stopWhen("distilling", iterations);
  }

  /** Goes on with a run in {@code folder} that was stopped, to its end. */
  void goOn(Path folder) {
    listener = RunListener.SILENT;
    cancellation = new CancellationToken();
    run(folder);
  }

  /** Checks what can be told before anything runs, every class with all its images. */
  void requireInputs() {
    try (Dataset data = new MemoryDataset()) {
      DistillStage.requireInputs(config(), data, new int[] {PER_CLASS, PER_CLASS, PER_CLASS});
    }
  }

  private Config config() {
    DataConfig data =
        new DataConfig(
            "tiny",
            List.of(),
            0,
            0,
            0,
            DataConfig.Resize.ANTIALIAS,
            DataConfig.OnBadImage.FAIL,
            List.of(),
            List.of(),
            classIndex,
            DataConfig.Whitening.NONE,
            1 << 20);
    EvaluateConfig evaluate =
        new EvaluateConfig(
            List.of("convnet"),
            1,
            1,
            8,
            0,
            false,
            EvaluateConfig.Schedule.WARMUP_COSINE,
            0.995,
            "",
            computing,
            evaluateEvery,
            EvaluateConfig.Protocol.VALIDATION,
            List.of(),
            1,
            null);
    ExpertsConfig experts =
        method == Method.MTT
            ? new ExpertsConfig(
                expertCount, expertEpochs, expertRate, 0.5, 5, precision, computing, null)
            : null;
    RunConfig run = new RunConfig("tiny", null, 0, "cpu", 1, "java", false);
    return new Config(run, data, null, null, experts, distill(), evaluate);
  }

  private DistillConfig.Space space() {
    if (prior == null) {
      return DistillConfig.Space.PIXEL;
    }
    return prior.diffusion() == null ? DistillConfig.Space.GLAD : DistillConfig.Space.LD3M;
  }

  private DistillConfig distill() {
    return new DistillConfig(
        method,
        space(),
        imagesPerClass,
        iterations,
        4,
        init,
        new NetworkConfig(network, 2, width, "instance", "avg"),
        "color_crop_cutout_flip_scale_rotate",
        learningRate,
        0.5,
        "once",
        outerLoops,
        1,
        0.01,
        "layerwise",
        computing,
        prior,
        new TrajectoryConfig(form, 3, 4, 1, 2, 0.05, rateLearningRate, 0.5),
        checkpointEvery,
        1);
  }

  /** The pixels of a file that a run wrote. */
  static float[] pixels(Path folder, String file) {
    try (DistilledSet set = DistilledSet.read(folder.resolve(file));
        PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(set.images());
    }
  }

  /** The learning rate that a run learned; empty where it learned none. */
  static OptionalDouble learnedRate(Path folder) {
    try (DistilledSet set = DistilledSet.read(folder.resolve(DistilledSet.FILE))) {
      return set.description().learningRate();
    }
  }

  /** Asserts that all values of a checkpoint are finite. */
  static void assertFinite(Path checkpoint) {
    try (NamedTensors all = Safetensors.open(checkpoint).readAll();
        PointerScope scope = new PointerScope()) {
      for (String name : all.names()) {
        assertTrue(all.get(name).isfinite().all().item_bool(), checkpoint + " " + name);
      }
    }
  }
}
