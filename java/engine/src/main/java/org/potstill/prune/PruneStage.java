package org.potstill.prune;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.potstill.config.PruneConfig;
import org.potstill.config.PruneConfig.Mode;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.kernels.Kernels;
import org.potstill.run.MetricsLog;
import org.potstill.run.RunContext;
import org.potstill.score.LeftOut;
import org.potstill.score.Scores;
import org.potstill.tensor.LibTorch;

/** The stage {@code prune}: from {@code scores.csv} to {@code coreset.csv}. */
public final class PruneStage {

  /** Name of the stage, as the listener hears it. */
  public static final String NAME = "prune";

  /** What the metrics of the stage call the number of images that it chose from. */
  public static final String IMAGES = "images";

  private final PruneConfig config;
  private final Dataset data;
  private final RunContext context;
  private final Kernels kernels;

  /** A stage that reads and writes the directory of {@code context}. */
  public PruneStage(PruneConfig config, Dataset data, RunContext context, Kernels kernels) {
    this.config = config;
    this.data = data;
    this.context = context;
    this.kernels = kernels;
  }

  /**
   * Writes the core-set.
   *
   * <p>Without {@code scores.csv} the modes that do not rank, random and none, take all training
   * images with a loss of NaN.
   *
   * @return what was written
   * @throws InputException where the scores are missing or of another data set, or every class
   *     would be left without an image
   */
  public CoreSet run() {
    // Before the kernels, so that one OpenMP runtime serves both and JavaCPP's limits are set.
    LibTorch.load();
    long start = System.nanoTime();
    Map<ImageRecord, Float> losses = losses();
    CoreSet coreSet = prune(losses);
    coreSet.write(context.directory().resolve(CoreSet.FILE));
    log(losses.size(), coreSet.entries().size(), (System.nanoTime() - start) / 1e9);
    return coreSet;
  }

  /** The core-set alone does not tell how many images there were to choose from. */
  private void log(int images, int kept, double seconds) {
    MetricsLog metrics = context.directory().metrics();
    metrics.cutBack(NAME, 0);
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put(IMAGES, (double) images);
    figures.put("kept", (double) kept);
    metrics.append(NAME, 1, seconds, figures);
  }

  /** How many images will be kept, if every one can be read. */
  public static long expectedSize(PruneConfig config, Dataset data) {
    return Arrays.stream(keep(config, sizes(data))).asLongStream().sum();
  }

  private Map<ImageRecord, Float> losses() {
    LeftOut leftOut = LeftOut.read(context.directory().resolve(LeftOut.FILE));
    Path file = context.directory().resolve(Scores.FILE);
    boolean ranks = config.mode() == Mode.EASY || config.mode() == Mode.HARD;
    if (!ranks && !Files.exists(file)) {
      Map<ImageRecord, Float> unscored = new LinkedHashMap<>();
      for (ImageRecord image : data.training()) {
        if (!leftOut.reasons().containsKey(image.id())) {
          unscored.put(image, Float.NaN);
        }
      }
      return unscored;
    }
    return Matching.match(Scores.read(file), leftOut, data);
  }

  private CoreSet prune(Map<ImageRecord, Float> scored) {
    List<ImageRecord> images = List.copyOf(scored.keySet());
    float[] losses = new float[images.size()];
    int[] classOf = new int[images.size()];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = scored.get(images.get(i));
      classOf[i] = images.get(i).classIndex();
    }
    int[] sizes = Selection.sizes(classOf, data.classKeys().size());
    int[] keep = keep(config, sizes);
    requireSome(config, keep, sizes);
    List<String> empty =
        IntStream.range(0, keep.length)
            .filter(c -> keep[c] == 0)
            .mapToObj(c -> keepsNone(c, sizes[c]))
            .toList();
    Listed.few(empty).forEach(warning -> context.listener().warning(NAME, warning));
    int[][] kept =
        new Selection(kernels, context.seed()).select(config.mode(), losses, classOf, keep);
    List<CoreSet.Entry> entries = new ArrayList<>();
    for (int c = 0; c < kept.length; c++) {
      String key = data.classKeys().get(c);
      for (int k = 0; k < kept[c].length; k++) {
        int i = kept[c][k];
        entries.add(new CoreSet.Entry(images.get(i).id(), key, losses[i], k + 1));
      }
    }
    return new CoreSet(entries);
  }

  /**
   * How many training images of each class are kept where every image can be read.
   *
   * @throws InputException where none is
   */
  public static int[] kept(PruneConfig config, Dataset data) {
    int[] sizes = sizes(data);
    int[] keep = keep(config, sizes);
    requireSome(config, keep, sizes);
    return keep;
  }

  private static int[] sizes(Dataset data) {
    int[] classOf = data.training().stream().mapToInt(ImageRecord::classIndex).toArray();
    return Selection.sizes(classOf, data.classKeys().size());
  }

  private static int[] keep(PruneConfig config, int[] sizes) {
    if (config.mode() == Mode.NONE) {
      return sizes;
    }
    int[] keep = new int[sizes.length];
    for (int c = 0; c < sizes.length; c++) {
      keep[c] = Selection.keepCount(config.keep(), sizes[c]);
    }
    return keep;
  }

  private static void requireSome(PruneConfig config, int[] keep, int[] sizes) {
    if (Arrays.stream(keep).sum() == 0) {
      throw new InputException(
          "prune.keep: "
              + config.keep()
              + " keeps no image of any class, the largest of which has "
              + Arrays.stream(sizes).max().orElse(0)
              + "; raise prune.keep, or keep all with prune.mode: none");
    }
  }

  private String keepsNone(int c, int size) {
    if (size == 0) {
      return "class '" + data.classNames().get(c) + "' has no image that can be read";
    }
    return String.format(
        Locale.ROOT,
        "class '%s' keeps no image: %s of its %d is less than one; raise prune.keep to keep some",
        data.classNames().get(c),
        config.keep(),
        size);
  }
}
