package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;

/** What every native provider must do, against {@link JavaKernels} on random data. */
abstract class OracleCases extends KernelCases {

  /** Of figures computed in single precision, against the double-precision oracle. */
  static final double SCORE_RTOL = 1e-5;

  static final double SCORE_ATOL = 2e-6;

  /** Of figures accumulated in double precision: rounding to single and order of addition. */
  static final double SUM_RTOL = 1e-6;

  private static final long[] SIZES = {
    0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 69, 127, 128, 129, 1000, 1023,
    1024, 1025, 2500
  };

  private final Kernels oracle = new JavaKernels();
  private final RandomBuffers random = new RandomBuffers();

  @Test
  void scoreEqualsOracleForEverySize() {
    for (long classes : SIZES) {
      if (classes > 0) {
        FloatPointer logits = random.normal(7 * classes, 6);
        assertScore(logits, LogitType.FLOAT32, 7, classes);
      }
    }
    assertScore(random.normal(3000L * 1000, 3), LogitType.FLOAT32, 3000, 1000);
    assertScore(random.normal(2L * 100_003, 30), LogitType.FLOAT32, 2, 100_003);
  }

  @Test
  void scoreEqualsOracleForSixteenBitLogits() {
    for (LogitType type : List.of(LogitType.BFLOAT16, LogitType.FLOAT16)) {
      for (long classes : SIZES) {
        if (classes > 0) {
          short[] raw = new short[Math.toIntExact(5 * classes) + 1];
          for (int i = 0; i < raw.length; i++) {
            raw[i] = sixteenBits(type);
          }
          assertScore(new ShortPointer(raw).getPointer(1), type, 5, classes);
        }
      }
    }
  }

  @Test
  void scoreEqualsOracleWithSpecialValues() {
    float[] special = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 3e38f, -3e38f};
    for (long classes : new long[] {5, 40, 1030}) {
      for (float value : special) {
        for (int i = 0; i < 30; i++) {
          FloatPointer logits = random.normal(classes, 2);
          for (int k = random.below(3); k >= 0; k--) {
            logits.put(random.below((int) classes), value);
          }
          assertScore(logits, LogitType.FLOAT32, 1, classes);
        }
      }
    }
  }

  @Test
  void selectEqualsOracleWithTiesAndNan() {
    for (int n : new int[] {0, 1, 2, 17, 1000, 50_000}) {
      for (int classes : new int[] {1, 3, 200}) {
        float[] scores = new float[n];
        int[] classOf = new int[n];
        long[] keep = new long[classes];
        for (int i = 0; i < n; i++) {
          scores[i] = random.below(20) == 0 ? Float.NaN : (random.below(64) - 32) * 0.25f;
          classOf[i] = random.below(classes);
          keep[classOf[i]]++;
        }
        assertSelection(scores, classOf, keep);
        Arrays.setAll(keep, c -> keep[c] * random.below(5) / 5);
        assertSelection(scores, classOf, keep);
      }
    }
  }

  @Test
  void featureMeanEqualsOracleForEverySize() {
    for (long features : SIZES) {
      long[] realOffsets = {0, 1, 6, 15};
      long[] syntheticOffsets = {0, 3, 4, 9};
      FloatPointer real = random.normal(15 * features, 1);
      FloatPointer synthetic = random.normal(9 * features, 1);
      double[][] perClass = new double[2][3];
      FloatPointer[] gradient = {guarded(9 * features), guarded(9 * features)};
      double[] loss = new double[2];
      for (int k = 0; k < 2; k++) {
        Kernels provider = k == 0 ? oracle : kernels();
        loss[k] =
            provider.featureMean(
                real, realOffsets, synthetic, syntheticOffsets, features, perClass[k], gradient[k]);
      }
      assertEquals(loss[0], loss[1], SUM_RTOL * loss[0]);
      assertArrayEquals(perClass[0], perClass[1], SUM_RTOL * loss[0]);
      assertSame(gradient[0], gradient[1], 9 * features);
    }
  }

  @Test
  void gradientMatchEqualsOracleForEverySize() {
    for (long size : SIZES) {
      List<long[]> shapes =
          List.of(
              new long[] {3, size},
              new long[] {size},
              new long[] {2, size, 3, 1},
              new long[] {2, size, 2},
              new long[] {size, 5});
      for (GradientDistance distance : GradientDistance.values()) {
        assertGradientMatch(distance, shapes);
      }
    }
    List<long[]> large = List.of(new long[] {40, 3000}, new long[] {70_001});
    for (GradientDistance distance : GradientDistance.values()) {
      assertGradientMatch(distance, large);
    }
  }

  @Test
  void trajectoryEqualsOracleForEverySize() {
    for (long size : SIZES) {
      assertTrajectory(new long[] {size, 1, size + 3});
    }
    assertTrajectory(new long[] {100_003, 0, 33});
    assertTrajectory(new long[] {3_000_001}); // written past the caches
  }

  @Test
  void sgdEqualsOracleForEverySize() {
    for (long size : SIZES) {
      assertSgd(new long[] {size, 1, size + 3});
    }
    assertSgd(new long[] {100_003, 0, 33});
  }

  @Test
  void resultsDoNotDependOnTheThreadCount() {
    FloatPointer data = random.normal(300_000, 1);
    FloatPointer other = random.normal(300_000, 1);
    List<long[]> shapes = List.of(new long[] {300, 1000});
    for (GradientDistance distance : GradientDistance.values()) {
      assertEquals(
          withThreads(1).gradientMatch(distance, shapes, List.of(data), List.of(other), null),
          withThreads(3).gradientMatch(distance, shapes, List.of(data), List.of(other), null));
    }
    long[] offsets = {0, 100, 200};
    assertEquals(
        withThreads(1).featureMean(data, offsets, other, offsets, 1500, null, null),
        withThreads(3).featureMean(data, offsets, other, offsets, 1500, null, null));
  }

  /** The provider under test with another thread count. */
  abstract Kernels withThreads(int threads);

  private void assertScore(Pointer logits, LogitType type, long rows, long classes) {
    long[] labels = new long[(int) rows];
    Arrays.setAll(labels, i -> random.below((int) classes));
    float[][][] figures = new float[2][4][];
    byte[][] correct = new byte[2][(int) rows];
    for (int k = 0; k < 2; k++) {
      FloatPointer[] out = new FloatPointer[4];
      Arrays.setAll(out, f -> guarded(rows));
      BytePointer right = new BytePointer(rows);
      ScoreOutputs outputs = new ScoreOutputs(out[0], out[1], out[2], out[3], right);
      Kernels provider = k == 0 ? oracle : kernels();
      provider.score(logits, type, new LongPointer(labels), rows, classes, outputs);
      for (int f = 0; f < 4; f++) {
        figures[k][f] = floats(out[f], (int) rows);
        assertGuard(out[f], rows);
      }
      right.get(correct[k]);
    }
    String[] names = {"loss", "margin", "entropy", "el2n"};
    for (int f = 0; f < 4; f++) {
      for (int i = 0; i < rows; i++) {
        float expected = figures[0][f][i];
        double tolerance = SCORE_ATOL + SCORE_RTOL * Math.abs(expected);
        String what = names[f] + " of row " + i + ", " + classes + " classes, " + type;
        // An infinite difference counts as equal only where both are the same infinity.
        double allowed = Double.isFinite(expected) ? tolerance : 0;
        assertEquals(expected, figures[1][f][i], allowed, what);
      }
    }
    assertArrayEquals(correct[0], correct[1]);
    FloatPointer lossAlone = guarded(rows);
    ScoreOutputs outputs = ScoreOutputs.lossOnly(lossAlone);
    kernels().score(logits, type, new LongPointer(labels), rows, classes, outputs);
    assertArrayEquals(figures[1][0], floats(lossAlone, (int) rows), "loss alone");
  }

  private void assertSelection(float[] scores, int[] classOf, long[] keep) {
    long total = Arrays.stream(keep).sum();
    for (SelectionOrder order : SelectionOrder.values()) {
      long[][] kept = new long[2][(int) total];
      for (int k = 0; k < 2; k++) {
        LongPointer out = new LongPointer(total + 1);
        Kernels provider = k == 0 ? oracle : kernels();
        provider.select(
            new FloatPointer(scores), new IntPointer(classOf), scores.length, order, keep, out);
        out.get(kept[k]);
      }
      assertArrayEquals(kept[0], kept[1]);
      for (long bound : new long[] {largestClass(classOf), scores.length}) {
        LongPointer out = new LongPointer(total + 1);
        kernels()
            .select(
                new FloatPointer(scores),
                new IntPointer(classOf),
                scores.length,
                bound,
                order,
                keep,
                out);
        out.get(kept[1]);
        assertArrayEquals(kept[0], kept[1], "classes of at most " + bound);
      }
    }
  }

  private static long largestClass(int[] classOf) {
    return Arrays.stream(classOf)
        .boxed()
        .collect(Collectors.groupingBy(c -> c, Collectors.counting()))
        .values()
        .stream()
        .max(Long::compare)
        .orElse(0L);
  }

  private void assertGradientMatch(GradientDistance distance, List<long[]> shapes) {
    long[] sizes =
        shapes.stream().mapToLong(s -> Arrays.stream(s).reduce(1, (a, b) -> a * b)).toArray();
    List<FloatPointer> real = random.normal(sizes);
    List<FloatPointer> synthetic = random.normal(sizes);
    List<List<FloatPointer>> gradients = List.of(guarded(sizes), guarded(sizes));
    double expected = oracle.gradientMatch(distance, shapes, real, synthetic, gradients.get(0));
    double loss = kernels().gradientMatch(distance, shapes, real, synthetic, gradients.get(1));
    assertEquals(expected, loss, SUM_RTOL * Math.abs(expected), distance.name());
    double alone = kernels().gradientMatch(distance, shapes, real, synthetic, null);
    assertEquals(loss, alone, "without the gradient");
    for (int t = 0; t < sizes.length; t++) {
      assertSame(gradients.get(0).get(t), gradients.get(1).get(t), sizes[t]);
    }
  }

  private void assertTrajectory(long[] sizes) {
    List<FloatPointer> theta = random.normal(sizes);
    List<FloatPointer> target = random.normal(sizes);
    List<FloatPointer> start = random.normal(sizes);
    List<List<FloatPointer>> gradients = List.of(guarded(sizes), guarded(sizes));
    double expected = oracle.trajectory(sizes, theta, target, start, gradients.get(0));
    double loss = kernels().trajectory(sizes, theta, target, start, gradients.get(1));
    assertEquals(expected, loss, SUM_RTOL * expected);
    for (int t = 0; t < sizes.length; t++) {
      assertSame(gradients.get(0).get(t), gradients.get(1).get(t), sizes[t]);
    }
  }

  private void assertSgd(long[] sizes) {
    SgdRule rule = new SgdRule(0.1, 0.9, 5e-4);
    List<FloatPointer> gradients = random.normal(sizes);
    List<FloatPointer> parameters = random.normal(sizes);
    List<FloatPointer> velocities = random.normal(sizes);
    List<FloatPointer> moved = copies(parameters, sizes);
    List<FloatPointer> speeds = copies(velocities, sizes);
    oracle.sgd(rule, sizes, parameters, gradients, velocities);
    kernels().sgd(rule, sizes, moved, gradients, speeds);
    for (int t = 0; t < sizes.length; t++) {
      assertMoved(parameters.get(t), moved.get(t), sizes[t]);
      assertMoved(velocities.get(t), speeds.get(t), sizes[t]);
    }
  }

  /** Terms are below 8 and may cancel: an absolute bound, two of their last places. */
  private static void assertMoved(FloatPointer expected, FloatPointer actual, long size) {
    float bound = 2 * Math.ulp(4f);
    assertArrayEquals(floats(expected, (int) size), floats(actual, (int) size), bound);
    assertGuard(actual, size);
  }

  /** Copies of buffers, guarded behind their ends. */
  private static List<FloatPointer> copies(List<FloatPointer> buffers, long[] sizes) {
    List<FloatPointer> copies = guarded(sizes);
    for (int t = 0; t < sizes.length; t++) {
      copies.get(t).put(floats(buffers.get(t), (int) sizes[t]), 0, (int) sizes[t]);
    }
    return copies;
  }

  private static void assertSame(FloatPointer expected, FloatPointer actual, long size) {
    float[] wanted = floats(expected, (int) size);
    float[] found = floats(actual, (int) size);
    float largest = 0;
    for (float value : wanted) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertArrayEquals(wanted, found, (float) (SUM_RTOL * largest) + Float.MIN_VALUE);
    assertGuard(actual, size);
  }

  private short sixteenBits(LogitType type) {
    int sign = random.below(2) << 15;
    return (short)
        (type == LogitType.BFLOAT16
            ? sign | (0x3C00 + random.below(0x600)) // 2^-7 to 2^5
            : sign | random.below(0x4C00)); // subnormals to 16
  }

  private static List<FloatPointer> guarded(long[] sizes) {
    List<FloatPointer> list = new ArrayList<>();
    for (long size : sizes) {
      list.add(guarded(size));
    }
    return list;
  }

  /** An unaligned output with a guard value on both sides. */
  private static FloatPointer guarded(long size) {
    FloatPointer memory = new FloatPointer(size + 2);
    memory.put(0, GUARD);
    memory.put(size + 1, GUARD);
    return memory.getPointer(1);
  }

  private static void assertGuard(FloatPointer output, long size) {
    assertEquals(GUARD, output.get(-1), "written before the buffer");
    assertEquals(GUARD, output.get(size), "written past the buffer");
  }

  private static final float GUARD = -12345.5f;
}
