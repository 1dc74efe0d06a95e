package org.potstill.augment;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.pytorch.Tensor;
import org.potstill.errors.DidYouMean;
import org.potstill.errors.InputException;
import org.potstill.random.RandomStream;

/**
 * Differentiable Siamese Augmentation (Zhao and Bilen, "Dataset Condensation with Differentiable
 * Siamese Augmentation", 2021), one operation of the strategy per call.
 *
 * <p>Immutable and safe for use by several threads at once.
 */
public final class SiameseAugmentation implements Augmentation {

  private final List<AugmentOperation> operations;
  private final AugmentParameters parameters;

  private SiameseAugmentation(List<AugmentOperation> operations, AugmentParameters parameters) {
    this.operations = List.copyOf(operations);
    this.parameters = parameters;
  }

  /**
   * The augmentation of a strategy with the published strengths.
   *
   * @param strategy operations joined by {@code _}, for example {@code
   *     color_crop_cutout_flip_scale_rotate}; empty or {@code none} for none
   * @throws InputException where an operation is unknown
   */
  public static SiameseAugmentation of(String strategy) {
    return of(strategy, AugmentParameters.DEFAULT);
  }

  /**
   * The augmentation of a strategy with strengths of one's own; see {@link #of(String)}.
   *
   * @throws InputException where an operation is unknown
   */
  public static SiameseAugmentation of(String strategy, AugmentParameters parameters) {
    List<AugmentOperation> operations = new ArrayList<>();
    if (!strategy.isEmpty() && !strategy.toLowerCase(Locale.ROOT).equals("none")) {
      for (String word : strategy.split("_", -1)) {
        operations.add(operation(word));
      }
    }
    return new SiameseAugmentation(operations, parameters);
  }

  private static AugmentOperation operation(String word) {
    for (AugmentOperation operation : AugmentOperation.values()) {
      if (operation.word().equals(word)) {
        return operation;
      }
    }
    throw new InputException(
        "augmentation '"
            + word
            + "' is unknown"
            + DidYouMean.hint(word, AugmentOperation.words())
            + "; a strategy joins some of "
            + String.join(", ", AugmentOperation.words())
            + " by '_'");
  }

  /** Whether the strategy is empty. */
  public boolean isNone() {
    return operations.isEmpty();
  }

  /**
   * One draw for all samples of a batch, as distillation uses it.
   *
   * @param height of the images in pixels
   * @param width of the images in pixels
   */
  public AugmentDraw drawShared(RandomStream random, long height, long width) {
    return draw(random, 1, height, width);
  }

  /**
   * One operation for all samples, with numbers for each, as the training of networks uses it.
   *
   * @param samples in the batch
   * @param height of the images in pixels
   * @param width of the images in pixels
   */
  public AugmentDraw drawPerSample(RandomStream random, int samples, long height, long width) {
    return draw(random, samples, height, width);
  }

  @Override
  public Tensor augmented(Tensor images, RandomStream random) {
    int samples = Math.toIntExact(images.size(0));
    return apply(images, drawPerSample(random, samples, images.size(2), images.size(3)));
  }

  private AugmentDraw draw(RandomStream random, int samples, long height, long width) {
    if (isNone()) {
      return AugmentDraw.NOTHING;
    }
    AugmentOperation operation = operations.get(random.nextInt(operations.size()));
    List<float[]> values = new ArrayList<>();
    for (int i = 0; i < operation.draws(); i++) {
      long size = i == 0 ? height : width;
      values.add(numbers(random, operation, samples, size));
    }
    return new AugmentDraw(operation, values);
  }

  private float[] numbers(RandomStream random, AugmentOperation operation, int samples, long size) {
    float[] numbers = new float[samples];
    int shift = parameters.cropShift(size);
    // A box of odd side has its centre on a pixel, one of even side between two.
    int centres = (int) size + 1 - parameters.cutoutSize(size) % 2;
    for (int i = 0; i < samples; i++) {
      numbers[i] =
          switch (operation) {
            case CROP -> random.nextInt(2 * shift + 1) - shift;
            case CUTOUT -> random.nextInt(centres);
            case COLOR, FLIP, SCALE, ROTATE -> random.nextFloat();
          };
    }
    return numbers;
  }

  /**
   * The augmented images, differentiable with respect to {@code images}.
   *
   * @param images (N, C, H, W) float32
   * @param draw shared, or with N numbers
   * @return a new handle of the same shape, which may share the memory of {@code images}
   * @throws IllegalArgumentException where the draw is for another number of samples
   */
  public Tensor apply(Tensor images, AugmentDraw draw) {
    if (draw.operation() == null) {
      return new Tensor(images);
    }
    for (float[] values : draw.values()) {
      if (values.length != 1 && values.length != images.size(0)) {
        throw new IllegalArgumentException(
            "a draw for " + values.length + " samples meets " + images.size(0) + " images");
      }
    }
    return switch (draw.operation()) {
      case COLOR -> Colour.apply(images, draw, parameters);
      case CROP -> Shapes.crop(images, draw);
      case CUTOUT -> Shapes.cutout(images, draw, parameters);
      case FLIP -> Shapes.flip(images, draw, parameters);
      case SCALE -> Affine.scale(images, draw, parameters);
      case ROTATE -> Affine.rotate(images, draw, parameters);
    };
  }
}
