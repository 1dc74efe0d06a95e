package org.potstill.augment;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.potstill.random.RandomStream;
import org.potstill.tensor.Tensors;

/**
 * What the published code of DC (Zhao, Mopuri, Bilen, "Dataset Condensation with Gradient
 * Matching", 2021) tests on MNIST with: every image by itself is shifted, scaled or turned, each
 * with the same probability.
 *
 * <p>Shifted by -4 to 3 pixels up or down and left or right; scaled to 0.8 to 1.2 of its width and
 * of its height, drawn apart; turned by -45 to 44 degrees. What moves in has the mean of the
 * batch's channel, or of all channels where the image is turned, or is 0 where it is scaled. Pixels
 * between those of the image are interpolated bilinearly, where that code takes the nearest one to
 * scale, and a cubic spline to turn.
 */
final class DcAugmentation implements Augmentation {

  /** The strategy's name. */
  static final String WORD = "dc";

  private static final int PIXELS = 4;
  private static final float SCALE = 0.2f;
  private static final int DEGREES = 45;

  /** What is done with an image. */
  enum Operation {
    /** By rows and columns, in pixels. */
    SHIFT,
    /** To shares of the height and of the width. */
    SCALE,
    /** By an angle in radians. */
    TURN
  }

  /**
   * The random numbers of an image.
   *
   * @param first of those that the operation takes
   * @param second 0 where it takes one
   */
  record Draw(Operation operation, float first, float second) {}

  @Override
  public Tensor augmented(Tensor images, RandomStream random) {
    return apply(images, Stream.generate(() -> draw(random)).limit(images.size(0)).toList());
  }

  static Draw draw(RandomStream random) {
    Operation operation = Operation.values()[random.nextInt(Operation.values().length)];
    return switch (operation) {
      case SHIFT -> new Draw(operation, pixels(random), pixels(random));
      case SCALE -> new Draw(operation, share(random), share(random));
      case TURN -> new Draw(operation, angle(random), 0);
    };
  }

  private static float pixels(RandomStream random) {
    return random.nextInt(2 * PIXELS) - PIXELS;
  }

  private static float share(RandomStream random) {
    return 1 + (2 * random.nextFloat() - 1) * SCALE;
  }

  private static float angle(RandomStream random) {
    return (float) Math.toRadians(random.nextInt(2 * DEGREES) - DEGREES);
  }

  /** The images changed, (N, C, H, W), each by its own draw. */
  static Tensor apply(Tensor images, List<Draw> draws) {
    Tensor means = images.mean(0, 2, 3).view(1, -1, 1, 1);
    Tensor result = Tensors.empty(images, Tensors.shape(images));
    for (Operation operation : Operation.values()) {
      int[] rows =
          IntStream.range(0, draws.size())
              .filter(i -> draws.get(i).operation() == operation)
              .toArray();
      if (rows.length > 0) {
        Tensor index = Tensors.indices(images, rows);
        List<Draw> some = Arrays.stream(rows).mapToObj(draws::get).toList();
        Tensor changed = apply(operation, images.index_select(0, index), some, means);
        result.index_copy_(0, index, changed);
      }
    }
    return result;
  }

  private static Tensor apply(Operation operation, Tensor images, List<Draw> draws, Tensor means) {
    float[] first = new float[draws.size()];
    float[] second = new float[draws.size()];
    for (int i = 0; i < first.length; i++) {
      first[i] = draws.get(i).first();
      second[i] = draws.get(i).second();
    }
    return switch (operation) {
      case SHIFT -> {
        AugmentDraw shifts = new AugmentDraw(AugmentOperation.CROP, List.of(first, second));
        yield Shapes.crop(images.sub(means), shifts).add(means);
      }
      case SCALE -> Affine.scaled(images, first, second);
      case TURN -> {
        Tensor mean = means.mean();
        yield Affine.turned(images.sub(mean), first).add(mean);
      }
    };
  }
}
