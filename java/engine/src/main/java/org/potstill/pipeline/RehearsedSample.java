package org.potstill.pipeline;

import java.util.Arrays;
import org.potstill.config.DistillConfig;
import org.potstill.config.DistillConfig.Method;

/**
 * How many images of every class a distillation is rehearsed with.
 *
 * @param counts by class
 * @param more how many times as long a step takes with all that are kept: more than 1 where batches
 *     are drawn from more images than a sample has
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on, never compared.
record RehearsedSample(int[] counts, double more) {

  /** Images of a sample at most, unless more are distilled. */
  static final int MOST = 8192;

  /**
   * What a synthetic image costs beside a real one: forward and twice back beside forward in
   * distribution matching, twice differentiated beside once in gradient matching.
   */
  private static final int OF_FEATURES = 3;

  private static final int OF_GRADIENTS = 2;

  /** Enough for the batches, where real images are drawn, and for images to start from. */
  static RehearsedSample of(DistillConfig distill, int[] kept) {
    int drawn = distill.method() == Method.MTT ? 0 : distill.batchReal();
    int most = Math.max(Math.min(drawn, MOST / kept.length), distill.imagesPerClass());
    int[] counts = Arrays.stream(kept).map(count -> Math.min(count, most)).toArray();
    return new RehearsedSample(counts, cost(distill, drawn, kept) / cost(distill, drawn, counts));
  }

  /** Of a step, in real images. */
  private static double cost(DistillConfig distill, int drawn, int[] counts) {
    double synthetic = (double) counts.length * distill.imagesPerClass();
    int each = distill.method() == Method.DC ? OF_GRADIENTS : OF_FEATURES;
    return each * synthetic + Arrays.stream(counts).map(count -> Math.min(count, drawn)).sum();
  }
}
