package org.potstill.distill;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.config.DataConfig;
import org.potstill.data.Dataset;
import org.potstill.data.ImageTransform;
import org.potstill.data.ImageTransforms;
import org.potstill.errors.InputException;
import org.potstill.prune.CoreSet;
import org.potstill.run.RunContext;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * The images of the core-set in native memory, where the run computes, class after class, loaded
 * once.
 *
 * <p>Owns its tensor. Batches may be taken by several threads at once.
 */
public final class CoreSetImages implements AutoCloseable {

  private static final String IMAGES = "images";

  private final NamedTensors memory = new NamedTensors();
  private final int[] offsets;
  private final List<String> classNames;

  /**
   * Takes a share in {@code images}.
   *
   * @param images (N, C, H, W) float32, normalised and whitened, class after class, in rank order
   *     within a class
   * @param counts images of every class; they add up to N
   * @param classNames display names, for messages
   * @throws IllegalArgumentException where the sizes do not fit each other
   */
  public CoreSetImages(Tensor images, int[] counts, List<String> classNames) {
    if (images.size(0) != Arrays.stream(counts).sum() || counts.length != classNames.size()) {
      throw new IllegalArgumentException(
          images.size(0) + " images, " + Arrays.toString(counts) + " per class " + classNames);
    }
    memory.put(IMAGES, new Tensor(images));
    this.classNames = List.copyOf(classNames);
    offsets = new int[counts.length + 1];
    for (int c = 0; c < counts.length; c++) {
      offsets[c + 1] = offsets[c] + counts[c];
    }
  }

  /**
   * Loads the images of the core-set of a run directory, on several threads.
   *
   * @param config section {@code data}
   * @param stage name of the stage that asks, for progress
   * @param whitening of the images
   * @return the caller closes it
   * @throws org.potstill.errors.InputException where the core-set is missing or of another data
   *     set, or an image can no longer be read
   */
  public static CoreSetImages load(
      DataConfig config, Dataset data, RunContext context, String stage, Whitening whitening) {
    CoreSet coreSet = CoreSet.read(context.directory().resolve(CoreSet.FILE));
    ImageTransform transform =
        ImageTransforms.distill(data.normalisation(), data.resolution(), config.resize());
    return new CoreSetLoader(data, transform, context, stage)
        .load(coreSet.records(data), whitening);
  }

  /** Number of classes, also those that keep no image. */
  public int classes() {
    return classNames.size();
  }

  /** Display name of a class. */
  public String className(int classIndex) {
    return classNames.get(classIndex);
  }

  /** Number of images of a class. */
  public int count(int classIndex) {
    return offsets[classIndex + 1] - offsets[classIndex];
  }

  /**
   * Checks that every class has images for so many synthetic ones to start from.
   *
   * @throws InputException where one has fewer
   */
  public void requireEnough(int imagesPerClass) {
    for (int c = 0; c < classes(); c++) {
      requireEnough(className(c), count(c), imagesPerClass);
    }
  }

  /** Of one class, by its name and how many images it keeps. */
  static void requireEnough(String className, int kept, int imagesPerClass) {
    if (kept < imagesPerClass) {
      throw new InputException(
          "class '"
              + className
              + "' keeps "
              + kept
              + (kept == 1 ? " image" : " images")
              + ", fewer than distill.images-per-class: "
              + imagesPerClass
              + " to start from; lower it, raise prune.keep, or set distill.init: noise");
    }
  }

  /** Number of images in all. */
  public int size() {
    return offsets[offsets.length - 1];
  }

  /** Channels, height and width of an image. */
  public long[] imageShape() {
    Tensor images = all();
    return new long[] {images.size(1), images.size(2), images.size(3)};
  }

  /** All images, (N, C, H, W), class after class; owned by this holder, not to be changed. */
  public Tensor all() {
    return memory.get(IMAGES);
  }

  /** Where they lie. */
  public Placement placement() {
    return Placement.of(all());
  }

  /** The labels of {@link #all()}, (N) int64, in the caller's scope. */
  public Tensor labels() {
    long[] labels = new long[size()];
    for (int c = 0; c < classes(); c++) {
      Arrays.fill(labels, offsets[c], offsets[c + 1], c);
    }
    return Tensors.of(all(), labels, labels.length);
  }

  /**
   * Copies of some images of a class, in the caller's scope.
   *
   * @param picks indices within the class
   * @return (picks, C, H, W)
   */
  public Tensor batch(int classIndex, int[] picks) {
    int[] rows = Arrays.stream(picks).map(pick -> offsets[classIndex] + pick).toArray();
    return torch.index_select(all(), 0, Tensors.indices(all(), rows));
  }

  /** Gives the memory back. */
  @Override
  public void close() {
    memory.close();
  }
}
