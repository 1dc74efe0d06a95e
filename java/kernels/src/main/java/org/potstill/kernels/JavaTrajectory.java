package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/** The oracle of {@link Kernels#trajectory}. */
final class JavaTrajectory {

  private JavaTrajectory() {}

  static double run(
      long[] sizes,
      List<FloatPointer> theta,
      List<FloatPointer> target,
      List<FloatPointer> start,
      List<FloatPointer> gradients) {
    double distance = 0;
    double travelled = 0;
    for (int t = 0; t < sizes.length; t++) {
      distance += squaredDistance(sizes[t], theta.get(t), target.get(t));
      travelled += squaredDistance(sizes[t], start.get(t), target.get(t));
    }
    double scale = travelled == 0 ? Double.NaN : 2 / travelled;
    for (int t = 0; t < sizes.length && gradients != null; t++) {
      ForEach.mapPair(
          sizes[t],
          theta.get(t),
          target.get(t),
          0,
          gradients.get(t),
          (a, b) -> (float) (scale * ((double) a - b)));
    }
    return travelled == 0 ? Double.NaN : distance / travelled;
  }

  private static double squaredDistance(long size, FloatPointer a, FloatPointer b) {
    double[] sum = new double[1];
    ForEach.pair(size, a, b, 0, (x, y) -> sum[0] += ((double) x - y) * ((double) x - y));
    return sum[0];
  }
}
