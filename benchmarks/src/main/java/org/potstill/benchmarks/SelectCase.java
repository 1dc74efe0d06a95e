package org.potstill.benchmarks;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.potstill.kernels.Kernels;
import org.potstill.kernels.SelectionOrder;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/**
 * Full ranking of every class against a loop of argsorts. LibTorch is handed each class's scores
 * side by side; the kernel also does the grouping, from samples in random order.
 */
final class SelectCase implements KernelCase {

  private static final int SAMPLES = 100_000;
  private static final int CLASSES = 1000;
  private static final int MEMBERS = SAMPLES / CLASSES;

  private final float[] scores = Tensors.toFloats(Inputs.normal(1, SAMPLES));
  private final int[] classOf = shuffledClasses();
  private final Tensor grouped;
  private final Tensor samples;
  private final Tensor classes;
  private final Tensor kept;
  private final FloatPointer scoreBuffer;
  private final IntPointer classBuffer;
  private final LongPointer keptBuffer;
  private final long[] keep = new long[CLASSES];

  SelectCase(Placement place) {
    Arrays.fill(keep, MEMBERS);
    grouped = place.place(Tensors.of(group(), SAMPLES));
    samples = Tensors.of(grouped, scores, SAMPLES);
    classes = Tensors.indices(grouped, classOf).to(torch.ScalarType.Int);
    kept = Tensors.emptyLongs(grouped, SAMPLES);
    scoreBuffer = samples.data_ptr_float();
    classBuffer = classes.data_ptr_int();
    keptBuffer = kept.data_ptr_long();
  }

  private static int[] shuffledClasses() {
    int[] classes = new int[SAMPLES];
    Arrays.setAll(classes, i -> i % CLASSES);
    int[] draws = Inputs.below(2, Integer.MAX_VALUE, SAMPLES);
    for (int i = SAMPLES - 1; i > 0; i--) {
      int other = draws[i] % (i + 1);
      int swapped = classes[i];
      classes[i] = classes[other];
      classes[other] = swapped;
    }
    return classes;
  }

  private float[] group() {
    float[] values = new float[SAMPLES];
    int[] next = new int[CLASSES];
    for (int i = 0; i < SAMPLES; i++) {
      values[classOf[i] * MEMBERS + next[classOf[i]]++] = scores[i];
    }
    return values;
  }

  @Override
  public String name() {
    return "select 100 000 in 1000 classes";
  }

  @Override
  public double target() {
    return 3;
  }

  @Override
  public double targetOnGpu() {
    return 10;
  }

  @Override
  public long bytes() {
    return SAMPLES * (4L + 2 * 4 + 2 * 8 + 8);
  }

  @Override
  public void ours(Kernels kernels) {
    kernels.select(
        scoreBuffer, classBuffer, SAMPLES, MEMBERS, SelectionOrder.EASY, keep, keptBuffer);
  }

  @Override
  public void libtorch() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard noGrad = new NoGradGuard()) {
      for (int c = 0; c < CLASSES; c++) {
        reference(c);
      }
    }
  }

  private Tensor reference(int c) {
    return grouped.narrow(0, (long) c * MEMBERS, MEMBERS).argsort(true, 0, false);
  }

  @Override
  public void check(Kernels kernels) {
    ours(kernels);
    long[] found = Tensors.toLongs(kept);
    float[] values = Tensors.toFloats(grouped);
    for (int c = 0; c < CLASSES; c++) {
      try (PointerScope scope = new PointerScope()) {
        long[] order = Tensors.toLongs(reference(c));
        for (int k = 0; k < MEMBERS; k++) {
          int at = (int) found[c * MEMBERS + k];
          if (classOf[at] != c || scores[at] != values[c * MEMBERS + (int) order[k]]) {
            throw new IllegalStateException("class " + c + ", rank " + k + " differs");
          }
        }
      }
    }
  }
}
