package org.potstill.evaluate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.bytedeco.javacpp.PointerScope;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DataConfig;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.kernels.CpuKernels;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.Tensors;

/** Small evaluations of tests: their data, images, settings and run directories. */
final class EvaluationRuns {

  static final int SIDE = 8;
  static final int PER_CLASS = 2;
  static final String[] SETTINGS = {
    "data.source=builtin:fashion-mnist-mini",
    "distill.network.depth=2",
    "distill.network.width=8",
    "evaluate.networks=[convnet]",
    "evaluate.repeats=2",
    "evaluate.epochs=30",
    "evaluate.batch=4",
    "evaluate.learning-rate=0.02"
  };

  private final Path folder;
  private final int threads;
  private final long freeMemory;

  /** Runs in {@code folder}, one thread each. */
  EvaluationRuns(Path folder) {
    this(folder, 1, Long.MAX_VALUE);
  }

  private EvaluationRuns(Path folder, int threads, long freeMemory) {
    this.folder = folder;
    this.threads = threads;
    this.freeMemory = freeMemory;
  }

  /** The same with so many threads, and with so much free memory, bytes. */
  EvaluationRuns on(int threadCount, long bytes) {
    return new EvaluationRuns(folder, threadCount, bytes);
  }

  static PatternDataset data() {
    return new PatternDataset(SIDE, 1, 10, "a", "b", "c");
  }

  static String[] with(String... more) {
    String[] all = Arrays.copyOf(SETTINGS, SETTINGS.length + more.length);
    System.arraycopy(more, 0, all, SETTINGS.length, more.length);
    return all;
  }

  /** A set of the first real images of every class: good ones, or with labels shifted by one. */
  static DistilledSet set(
      Dataset data, boolean good, Normalisation normalisation, List<String> keys) {
    List<float[]> images = new ArrayList<>();
    List<Long> labels = new ArrayList<>();
    for (int k = 0; k < keys.size(); k++) {
      int c = data.classKeys().indexOf(keys.get(k));
      List<ImageRecord> all = data.training();
      List<ImageRecord> ofClass = all.stream().filter(i -> i.classIndex() == c).toList();
      for (int i = 0; i < PER_CLASS; i++) {
        images.add(pixels(data, ofClass.get(i), normalisation));
        labels.add((long) (good ? k : (k + 1) % keys.size()));
      }
    }
    int size = images.get(0).length;
    float[] flat = new float[size * images.size()];
    for (int i = 0; i < images.size(); i++) {
      System.arraycopy(images.get(i), 0, flat, i * size, size);
    }
    long[] values = labels.stream().mapToLong(Long::longValue).toArray();
    try (PointerScope scope = new PointerScope()) {
      return DistilledSet.of(
          Tensors.of(flat, images.size(), data.channels(), SIDE, SIDE),
          Tensors.of(values, values.length),
          new DistilledSet.Description(
              normalisation, keys, keys, "dm", "pixel", "1", "hash", OptionalDouble.empty()));
    }
  }

  static float[] pixels(Dataset data, ImageRecord image, Normalisation normalisation) {
    try {
      return ImageTransforms.distill(normalisation, SIDE, DataConfig.Resize.ANTIALIAS)
          .apply(data.read(image));
    } catch (BadImageException e) {
      throw new AssertionError(e);
    }
  }

  /** Good images with the rate that was learned with them. */
  static void write(Dataset data, OptionalDouble rate, Path file) {
    try (DistilledSet set = set(data, true, data.normalisation(), data.classKeys());
        DistilledSet learned =
            DistilledSet.of(
                set.images(),
                set.labels(),
                new DistilledSet.Description(
                    data.normalisation(),
                    data.classNames(),
                    data.classKeys(),
                    "mtt",
                    "pixel",
                    "1",
                    "hash",
                    rate))) {
      learned.write(file);
    }
  }

  static void write(Dataset data, boolean good, Path file) {
    try (DistilledSet set = set(data, good, data.normalisation(), data.classKeys())) {
      set.write(file);
    }
  }

  Evaluation evaluate(String run, Dataset data, Path stranger, String... settings) {
    return evaluate(run, data, stranger, new CancellationToken(), RunListener.SILENT, settings);
  }

  Evaluation evaluate(
      String run,
      Dataset data,
      Path stranger,
      CancellationToken cancellation,
      RunListener listener,
      String... settings) {
    try (RunDirectory directory = RunDirectory.open(prepared(run), Existing.RESUME)) {
      RunContext context = new RunContext(directory, listener, cancellation, 3, threads);
      EvaluateStage stage =
          new EvaluateStage(
              ConfigLoader.of(settings),
              data,
              context,
              new CpuKernels(2),
              Map.of(),
              () -> freeMemory);
      return stranger == null ? stage.run() : stage.run(stranger, false);
    }
  }

  Path prepared(String run) {
    Path root = folder.resolve(run);
    if (!Files.exists(root.resolve("config.yaml"))) {
      AtomicFiles.writeString(root.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\n");
      write(data(), true, root.resolve(DistilledSet.FILE));
    }
    return root;
  }
}
