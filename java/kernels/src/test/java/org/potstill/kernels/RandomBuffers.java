package org.potstill.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;

/** Seeded inputs that begin one element into their allocation, so that none is aligned. */
final class RandomBuffers {

  /** System property: the seed of the random inputs. */
  static final String SEED_PROPERTY = "potstill.test.seed";

  private static final long SEED = Long.getLong(SEED_PROPERTY, 20240607L);

  static {
    System.out.println("random inputs: -D" + SEED_PROPERTY + "=" + SEED);
  }

  private final Random random = new Random(SEED);

  FloatPointer normal(long size, float scale) {
    float[] values = new float[Math.toIntExact(size) + 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * scale;
    }
    return new FloatPointer(values).getPointer(1);
  }

  List<FloatPointer> normal(long[] sizes) {
    List<FloatPointer> list = new ArrayList<>();
    for (long size : sizes) {
      list.add(normal(size, 1));
    }
    return list;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }
}
