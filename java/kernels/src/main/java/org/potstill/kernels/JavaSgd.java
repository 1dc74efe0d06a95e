package org.potstill.kernels;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;

/** The oracle of {@link Kernels#sgd}. */
final class JavaSgd {

  private JavaSgd() {}

  static void run(
      SgdRule rule,
      long[] sizes,
      List<FloatPointer> parameters,
      List<FloatPointer> gradients,
      List<FloatPointer> velocities) {
    for (int t = 0; t < sizes.length; t++) {
      FloatPointer p = parameters.get(t);
      FloatPointer g = gradients.get(t);
      FloatPointer v = velocities.get(t);
      for (long i = 0; i < sizes[t]; i++) {
        double slope = g.get(i) + rule.decay() * p.get(i);
        double velocity = rule.momentum() * v.get(i) + slope;
        v.put(i, (float) velocity);
        p.put(i, (float) (p.get(i) - rule.rate() * velocity));
      }
    }
  }
}
