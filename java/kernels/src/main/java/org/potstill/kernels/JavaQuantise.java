package org.potstill.kernels;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;

/** The nearest code of every point, distances in double precision. */
final class JavaQuantise {

  private JavaQuantise() {}

  static void run(
      FloatPointer points,
      int count,
      FloatPointer codebook,
      int codes,
      int width,
      LongPointer indices) {
    float[] point = new float[width];
    float[] book = new float[Math.multiplyExact(codes, width)];
    Buffers.read(codebook, 0, book, book.length);
    long[] nearest = new long[count];
    for (int i = 0; i < count; i++) {
      Buffers.read(points, (long) i * width, point, width);
      nearest[i] = nearest(point, book, codes);
    }
    Buffers.write(nearest, indices, count);
  }

  private static int nearest(float[] point, float[] book, int codes) {
    int nearest = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int k = 0; k < codes; k++) {
      double distance = 0;
      for (int d = 0; d < point.length; d++) {
        double difference = (double) point[d] - book[k * point.length + d];
        distance += difference * difference;
      }
      if (distance < least) {
        least = distance;
        nearest = k;
      }
    }
    return nearest;
  }
}
