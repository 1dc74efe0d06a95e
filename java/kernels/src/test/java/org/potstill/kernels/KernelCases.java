package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.ShortPointer;
import org.junit.jupiter.api.Test;

/** What every provider must do, against figures worked out by hand. */
abstract class KernelCases {

  private static final float NAN = Float.NaN;

  /** The provider under test. */
  abstract Kernels kernels();

  @Test
  void scoreEqualsClosedForm() {
    // Softmax of (0, ln 3) is (1/4, 3/4).
    FloatPointer logits = new FloatPointer(0f, (float) Math.log(3), 0f, (float) Math.log(3));
    FloatPointer loss = new FloatPointer(2);
    FloatPointer margin = new FloatPointer(2);
    FloatPointer entropy = new FloatPointer(2);
    FloatPointer el2n = new FloatPointer(2);
    BytePointer correct = new BytePointer(2);
    ScoreOutputs outputs = new ScoreOutputs(loss, margin, entropy, el2n, correct);
    kernels().score(logits, LogitType.FLOAT32, new LongPointer(0L, 1L), 2, 2, outputs);
    double[] expectedLoss = {Math.log(4), Math.log(4.0 / 3)};
    double expectedEntropy = 0.25 * Math.log(4) + 0.75 * Math.log(4.0 / 3);
    double[] expectedEl2n = {Math.sqrt(2) * 0.75, Math.sqrt(2) * 0.25};
    for (int i = 0; i < 2; i++) {
      assertEquals(expectedLoss[i], floats(loss, 2)[i], 1e-6);
      assertEquals((i == 0 ? -1 : 1) * Math.log(3), floats(margin, 2)[i], 1e-6);
      assertEquals(expectedEntropy, floats(entropy, 2)[i], 1e-6);
      assertEquals(expectedEl2n[i], floats(el2n, 2)[i], 1e-6);
      assertEquals(i, correct.get(i));
    }
  }

  @Test
  void quantiseTakesTheNearestCodeAndTheLowerOfTwo() {
    FloatPointer points = new FloatPointer(0f, 0f, 3f, 1f, NAN, 0f);
    FloatPointer codebook = new FloatPointer(1f, 0f, 2f, 1f, 0f, -1f, 3f, 2f);
    LongPointer indices = new LongPointer(3);
    kernels().quantise(points, 3, codebook, 4, 2, indices);
    long[] found = new long[3];
    indices.get(found);
    assertArrayEquals(new long[] {0, 1, 0}, found);
    kernels().quantise(points, 0, codebook, 4, 2, indices);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().quantise(points, 3, codebook, 0, 2, indices));
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().quantise(points, 4, codebook, 4, 2, indices));
  }

  @Test
  void convolutionEqualsFiguresByHand() {
    // Of 16 channels the 3rd sees the 6th through weights 1 to 9; every other weight is 0.
    ConvolutionMaps maps = new ConvolutionMaps(1, 2, 3, 16, 16, 3);
    FloatPointer weight = new FloatPointer(new float[16 * 16 * 9]);
    for (int tap = 0; tap < 9; tap++) {
      weight.put((2 * 16 + 5) * 9 + tap, tap + 1);
    }
    FloatPointer input = channel(5, 1, 0, 0, 0, 0, 1);
    FloatPointer bias = new FloatPointer(new float[16]);
    bias.put(2, 0.5f);
    FloatPointer output = new FloatPointer(6 * 16);
    kernels().convolution(maps, input, weight, bias, output);
    // The pixel at the top left shows the middle of the square, below and beside it the rest.
    assertChannel(output, 2, 5.5f, 4.5f + 9, 0.5f + 8, 2.5f, 1.5f + 6, 5.5f);
    FloatPointer gradient = new FloatPointer(6 * 16);
    kernels().convolutionInputGradient(maps, channel(2, 1, 0, 0, 0, 0, 1), weight, gradient);
    assertChannel(gradient, 5, 5, 6 + 1, 2, 8, 9 + 4, 5);
    FloatPointer ofWeight = new FloatPointer(16 * 16 * 9);
    kernels().convolutionWeightGradient(maps, input, channel(2, 1, 0, 0, 0, 0, 10), ofWeight);
    float[] found = new float[9];
    ofWeight.getPointer((2 * 16 + 5) * 9).get(found);
    // Either pixel sees itself, and no two are close enough to see each other.
    assertArrayEquals(new float[] {0, 0, 0, 0, 11, 0, 0, 0, 0}, found, 1e-4f);
    kernels().convolution(new ConvolutionMaps(0, 2, 3, 16, 16, 3), input, weight, null, output);
  }

  /** Six pixels of 16 channels, one of which has values. */
  private static FloatPointer channel(int channel, float... values) {
    float[] all = new float[6 * 16];
    for (int p = 0; p < 6; p++) {
      all[p * 16 + channel] = values[p];
    }
    return new FloatPointer(all);
  }

  private static void assertChannel(FloatPointer maps, int channel, float... values) {
    float[] expected = new float[6];
    float[] found = new float[6];
    for (int p = 0; p < 6; p++) {
      expected[p] = values[p];
      found[p] = maps.get(p * 16L + channel);
      // Weights 0 and no bias.
      assertEquals(0, maps.get(p * 16L + channel + 1));
    }
    assertArrayEquals(expected, found, 1e-4f);
  }

  @Test
  void convolutionRefusesWhatDoesNotFit() {
    FloatPointer maps = new FloatPointer(4 * 16);
    FloatPointer weight = new FloatPointer(16 * 16 * 9);
    ConvolutionMaps tooLarge = new ConvolutionMaps(1, 3, 2, 16, 16, 3);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().convolution(tooLarge, maps, weight, null, maps));
    ConvolutionMaps uneven = new ConvolutionMaps(1, 1, 2, 16, 24, 3);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> kernels().convolutionInputGradient(uneven, maps, weight, maps))
            .getMessage();
    assertTrue(message.contains("channels are not multiples of 16"), message);
    ConvolutionMaps even = new ConvolutionMaps(1, 1, 1, 16, 16, 2);
    message =
        assertThrows(
                IllegalArgumentException.class,
                () -> kernels().convolution(even, maps, weight, null, maps))
            .getMessage();
    assertTrue(message.contains("squares are neither of 3 x 3 nor of 5 x 5"), message);
    ConvolutionMaps wide = new ConvolutionMaps(1, 2, 2, 16, 32, 3);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().convolutionWeightGradient(wide, maps, maps, weight));
  }

  @Test
  void normReluPoolEqualsFiguresByHand() {
    // One channel: mean 1, variance 4; normed -1, 1, 1, -1; then twice that plus 1 is -1, 3, 3, -1.
    FloatPointer input = new FloatPointer(-1f, 3f, 3f, -1f);
    FloatPointer mean = new FloatPointer(1);
    FloatPointer rstd = new FloatPointer(1);
    NormState norm = new NormState(new FloatPointer(2f), new FloatPointer(1f), 0, mean, rstd);
    FloatPointer output = new FloatPointer(1);
    NormMaps maps = new NormMaps(1, 2, 2, 1, 2);
    kernels().normReluPool(maps, input, norm, output);
    assertEquals(1.5f, output.get());
    assertEquals(1f, mean.get());
    assertEquals(0.5f, rstd.get());
    FloatPointer withoutRelu = new FloatPointer(1);
    kernels().normReluPool(new NormMaps(1, 2, 2, 1, 2, false), input, norm, withoutRelu);
    assertEquals(1f, withoutRelu.get());
    // dy = (0, 1, 1, 0): its sum 2, with the normed values 2; dx = dy - 1/2 - normed / 2.
    NormGradients gradients =
        new NormGradients(new FloatPointer(4), new FloatPointer(1), new FloatPointer(1));
    kernels().normReluPoolGradient(maps, input, norm, new FloatPointer(4f), gradients);
    assertArrayEquals(new float[4], floats(gradients.input(), 4));
    assertEquals(2f, gradients.scale().get());
    assertEquals(2f, gradients.shift().get());
  }

  @Test
  void tangentsOfNormReluPoolEqualFiguresByHand() {
    // As above: normed -1, 1, 1, -1, open where it is 1, the reciprocal deviation 1/2.
    FloatPointer input = new FloatPointer(-1f, 3f, 3f, -1f);
    NormState norm =
        new NormState(
            new FloatPointer(2f),
            new FloatPointer(1f),
            0,
            new FloatPointer(1f),
            new FloatPointer(0.5f));
    // Mean 1, times the normed values 2. The normed values move by half of (2, 2, 4, -4) - 1 -
    // 2 (-1, 1, 1, -1), that is (1.5, -0.5, 0.5, -1.5), and what is open by 3 - 1 + 5 and 3 + 1 +
    // 5.
    NormTangent tangent =
        new NormTangent(
            new FloatPointer(2f, 2f, 4f, -4f),
            new FloatPointer(3f),
            new FloatPointer(5f),
            new FloatPointer(1),
            new FloatPointer(1));
    NormMaps maps = new NormMaps(1, 2, 2, 1, 2);
    FloatPointer output = new FloatPointer(1);
    kernels().normReluPoolTangent(maps, input, norm, tangent, output);
    assertEquals(1f, tangent.mean().get());
    assertEquals(2f, tangent.product().get());
    assertEquals(4f, output.get());
    // dy = (0, 1, 1, 0) moves by twice itself, its means (1/2, with the normed values 1/2) by 1
    // each:
    // (0, 2, 2, 0) - 1 - (1.5, -0.5, 0.5, -1.5) / 2 - (-1, 1, 1, -1), and dx itself is 0.
    NormGradients found =
        new NormGradients(new FloatPointer(4), new FloatPointer(1), new FloatPointer(1));
    kernels()
        .normReluPoolGradientTangent(
            maps, input, norm, tangent, new FloatPointer(4f), new FloatPointer(8f), found);
    assertArrayEquals(new float[] {-0.75f, 0.25f, -0.25f, 0.75f}, floats(found.input(), 4));
    // The scale's gradient is the sum of dy times the normed values: 2 + 2 - 0.5 + 0.5.
    assertEquals(4f, found.scale().get());
    assertEquals(4f, found.shift().get());
  }

  @Test
  void normReluPoolRefusesWhatDoesNotFit() {
    FloatPointer four = new FloatPointer(1f, 2f, 3f, 4f);
    NormState norm =
        new NormState(
            new FloatPointer(1f),
            new FloatPointer(0f),
            1e-5f,
            new FloatPointer(1),
            new FloatPointer(1));
    NormMaps tooLarge = new NormMaps(1, 3, 2, 1, 2);
    assertThrows(
        IllegalArgumentException.class, () -> kernels().normReluPool(tooLarge, four, norm, four));
    NormMaps wide = new NormMaps(1, 2, 2, 1, 3);
    assertThrows(
        IllegalArgumentException.class, () -> kernels().normReluPool(wide, four, norm, four));
    kernels().normReluPool(new NormMaps(0, 2, 2, 1, 2), four, norm, four);
    NormMaps plain = new NormMaps(1, 2, 2, 1, 2, false);
    NormTangent tangent = new NormTangent(four, four, four, four, four);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().normReluPoolTangent(plain, four, norm, tangent, four));
  }

  @Test
  void scoreReadsSixteenBitLogits() {
    short[] half = {0x3E00, (short) 0x8001, 0x7BFF, (short) 0xFC00}; // 1.5, -2^-24, 65504, -inf
    float[] asFloats = {1.5f, -0x1p-24f, 65504f, Float.NEGATIVE_INFINITY};
    for (int label = 0; label < half.length; label++) {
      FloatPointer loss = new FloatPointer(1);
      LongPointer labels = new LongPointer(new long[] {label});
      ScoreOutputs outputs = ScoreOutputs.lossOnly(loss);
      kernels().score(new ShortPointer(half), LogitType.FLOAT16, labels, 1, 4, outputs);
      assertEquals(65504f - asFloats[label], floats(loss, 1)[0]);
    }
    short[] brain = {0x3FC0, (short) 0xFF80, 0x4680}; // 1.5, -inf, 16384
    FloatPointer loss = new FloatPointer(1);
    LongPointer labels = new LongPointer(new long[] {0});
    ScoreOutputs outputs = ScoreOutputs.lossOnly(loss);
    kernels().score(new ShortPointer(brain), LogitType.BFLOAT16, labels, 1, 3, outputs);
    assertEquals(16382.5f, floats(loss, 1)[0]);
  }

  @Test
  void scoreOfRowsWithoutSoftmaxIsNan() {
    float inf = Float.POSITIVE_INFINITY;
    float[][] rows = {{0, NAN, 1}, {inf, 0, 1}, {0, inf, 1}, {-inf, -inf, -inf}, {NAN, inf, 0}};
    float[] margins = {NAN, inf, -inf, NAN, NAN};
    byte[] correct = {0, 1, 0, 1, 0};
    for (int i = 0; i < rows.length; i++) {
      FloatPointer figures = new FloatPointer(4);
      BytePointer right = new BytePointer(1);
      ScoreOutputs outputs =
          new ScoreOutputs(
              figures, figures.getPointer(1), figures.getPointer(2), figures.getPointer(3), right);
      FloatPointer logits = new FloatPointer(rows[i]);
      kernels().score(logits, LogitType.FLOAT32, new LongPointer(new long[] {0}), 1, 3, outputs);
      assertArrayEquals(new float[] {NAN, margins[i], NAN, NAN}, floats(figures, 4));
      assertEquals(correct[i], right.get(0));
    }
  }

  @Test
  void scoreOfMinusInfinityAmongFiniteLogitsIsExact() {
    FloatPointer logits = new FloatPointer(0f, Float.NEGATIVE_INFINITY, 0f);
    FloatPointer figures = new FloatPointer(4);
    ScoreOutputs outputs =
        new ScoreOutputs(figures, null, figures.getPointer(1), figures.getPointer(2), null);
    kernels().score(logits, LogitType.FLOAT32, new LongPointer(new long[] {0}), 1, 3, outputs);
    float ln2 = (float) Math.log(2);
    assertArrayEquals(new float[] {ln2, ln2, (float) Math.sqrt(0.5)}, floats(figures, 3), 1e-6f);
    kernels().score(logits, LogitType.FLOAT32, new LongPointer(new long[] {1}), 1, 3, outputs);
    assertArrayEquals(
        new float[] {Float.POSITIVE_INFINITY, ln2, (float) Math.sqrt(1.5)},
        floats(figures, 3),
        1e-6f);
  }

  @Test
  void scoreCallsTheFirstOfEqualLogitsCorrect() {
    FloatPointer logits = new FloatPointer(1f, 2f, 2f);
    for (long label = 0; label < 3; label++) {
      BytePointer correct = new BytePointer(1);
      ScoreOutputs outputs = new ScoreOutputs(new FloatPointer(1), null, null, null, correct);
      LongPointer labels = new LongPointer(new long[] {label});
      kernels().score(logits, LogitType.FLOAT32, labels, 1, 3, outputs);
      assertEquals(label == 1 ? 1 : 0, correct.get(0));
    }
  }

  @Test
  void refusesBuffersThatAreTooSmall() {
    FloatPointer one = new FloatPointer(1);
    LongPointer labels = new LongPointer(0L, 0L);
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().score(one, LogitType.FLOAT32, labels, 2, 1, ScoreOutputs.lossOnly(one)));
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().trajectory(new long[] {2}, List.of(one), List.of(one), List.of(one), null));
  }

  @Test
  void emptyInputsAreNoError() {
    FloatPointer none = new FloatPointer((FloatPointer) null);
    LongPointer noLabels = new LongPointer((LongPointer) null);
    ScoreOutputs outputs = ScoreOutputs.lossOnly(none);
    kernels().score(none, LogitType.FLOAT32, noLabels, 0, 0, outputs);
    assertArrayEquals(
        new long[0], select(new float[0], new int[0], SelectionOrder.EASY, new long[3]));
    long[] noClasses = {0};
    assertEquals(0, kernels().featureMean(none, noClasses, none, noClasses, 5, null, null));
    for (GradientDistance distance : GradientDistance.values()) {
      double expected = distance == GradientDistance.COSINE ? 1 : 0;
      assertEquals(
          expected, kernels().gradientMatch(distance, List.of(), List.of(), List.of(), null));
    }
    assertTrue(
        Double.isNaN(kernels().trajectory(new long[0], List.of(), List.of(), List.of(), null)));
  }

  @Test
  void scoreRefusesLabelOutOfRange() {
    FloatPointer logits = new FloatPointer(0f, 0f);
    ScoreOutputs outputs = ScoreOutputs.lossOnly(new FloatPointer(1));
    for (long label : new long[] {-1, 2}) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              kernels()
                  .score(
                      logits,
                      LogitType.FLOAT32,
                      new LongPointer(new long[] {label}),
                      1,
                      2,
                      outputs));
    }
  }

  @Test
  void selectRanksNanAsHardestAndTiesByIndex() {
    float[] scores = {2, NAN, -0f, 0f, 2, 7, Float.POSITIVE_INFINITY, NAN};
    int[] classes = {0, 0, 0, 0, 0, 1, 0, 0};
    assertArrayEquals(
        new long[] {2, 3, 0, 4, 6, 1, 7, 5},
        select(scores, classes, SelectionOrder.EASY, new long[] {7, 1}));
    assertArrayEquals(
        new long[] {1, 7, 6, 0, 4, 2, 3, 5},
        select(scores, classes, SelectionOrder.HARD, new long[] {7, 1}));
    assertArrayEquals(
        new long[] {2, 3}, select(scores, classes, SelectionOrder.EASY, new long[] {2, 0}));
  }

  @Test
  void selectRefusesMoreThanAClassHolds() {
    assertThrows(
        IllegalArgumentException.class,
        () -> select(new float[] {1, 2}, new int[] {0, 1}, SelectionOrder.EASY, new long[] {2, 0}));
    assertThrows(
        IllegalArgumentException.class,
        () -> select(new float[] {1, 2}, new int[] {0, 2}, SelectionOrder.EASY, new long[] {1, 0}));
  }

  @Test
  void featureMeanEqualsClosedForm() {
    FloatPointer real = new FloatPointer(1f, 2f, 3f, 4f); // mean (2, 3)
    FloatPointer synthetic = new FloatPointer(0f, 0f, 2f, 2f); // mean (1, 1)
    FloatPointer gradient = new FloatPointer(4);
    double[] perClass = new double[1];
    double loss =
        kernels()
            .featureMean(
                real, new long[] {0, 2}, synthetic, new long[] {0, 2}, 2, perClass, gradient);
    assertEquals(5, loss);
    assertEquals(5, perClass[0]);
    assertArrayEquals(new float[] {-1, -2, -1, -2}, floats(gradient, 4));
  }

  @Test
  void gradientMatchEqualsClosedForm() {
    List<long[]> shapes = List.of(new long[] {2, 2}, new long[] {2});
    List<FloatPointer> real = List.of(new FloatPointer(1f, 0f, 0f, 2f), new FloatPointer(1f, 1f));
    List<FloatPointer> synthetic =
        List.of(new FloatPointer(0f, 1f, 0f, 0f), new FloatPointer(3f, 0f));
    List<FloatPointer> gradients = List.of(new FloatPointer(4), new FloatPointer(2));
    // Row 0 is orthogonal, row 1 has a synthetic gradient of zero: both cosines are 0.
    assertEquals(
        2, kernels().gradientMatch(GradientDistance.LAYERWISE, shapes, real, synthetic, gradients));
    assertArrayEquals(
        new float[] {-1, 0, 0, -2e6f}, floats(gradients.get(0), 4), 2f); // -a / (0 + 1e-6)
    assertArrayEquals(new float[] {0, 0}, floats(gradients.get(1), 2));
    assertEquals(
        1 + 1 + 4 + 4 + 1,
        kernels().gradientMatch(GradientDistance.MSE, shapes, real, synthetic, gradients));
    assertArrayEquals(new float[] {-2, 2, 0, -4}, floats(gradients.get(0), 4));
    double cosine = 3 / (Math.sqrt(7) * Math.sqrt(10) + 1e-6);
    assertEquals(
        1 - cosine,
        kernels().gradientMatch(GradientDistance.COSINE, shapes, real, synthetic, gradients),
        1e-12);
  }

  @Test
  void trajectoryEqualsClosedForm() {
    List<FloatPointer> theta = List.of(new FloatPointer(1f, 2f), new FloatPointer(3f, 3f));
    List<FloatPointer> target = List.of(new FloatPointer(0f, 0f), new FloatPointer(0f, 3f));
    List<FloatPointer> start = List.of(new FloatPointer(2f, 0f), new FloatPointer(0f, 3f));
    List<FloatPointer> gradients = List.of(new FloatPointer(2), new FloatPointer(2));
    long[] sizes = {2, 2};
    assertEquals(14 / 4.0, kernels().trajectory(sizes, theta, target, start, gradients));
    assertArrayEquals(new float[] {0.5f, 1}, floats(gradients.get(0), 2));
    assertArrayEquals(new float[] {1.5f, 0}, floats(gradients.get(1), 2));
    assertTrue(Double.isNaN(kernels().trajectory(sizes, theta, target, target, null)));
  }

  @Test
  void trajectoryOfExtremesStaysFinite() {
    for (float step : new float[] {1e-23f, 1e20f}) {
      for (int size : new int[] {1, 100, 1024}) {
        float[] moved = new float[size];
        Arrays.fill(moved, step);
        FloatPointer theta = new FloatPointer(moved);
        FloatPointer zeros = new FloatPointer(new float[size]);
        FloatPointer gradient = new FloatPointer(size);
        double loss =
            kernels()
                .trajectory(
                    new long[] {size},
                    List.of(theta),
                    List.of(zeros),
                    List.of(theta),
                    List.of(gradient));
        assertEquals(1, loss, 1e-6);
        double expected = 2 / ((double) step * size);
        assertEquals(expected, gradient.get(size - 1), 1e-5 * expected);
      }
    }
  }

  @Test
  void sgdEqualsFiguresByHand() {
    List<FloatPointer> parameters = List.of(new FloatPointer(1f, 2f), new FloatPointer(-4f));
    List<FloatPointer> gradients = List.of(new FloatPointer(1f, 0f), new FloatPointer(3f));
    List<FloatPointer> velocities = List.of(new FloatPointer(2f, 4f), new FloatPointer(0f));
    long[] sizes = {2, 1};
    kernels().sgd(new SgdRule(0.25, 0.5, 0.5), sizes, parameters, gradients, velocities);
    assertArrayEquals(new float[] {2.5f, 3}, floats(velocities.get(0), 2));
    assertArrayEquals(new float[] {1}, floats(velocities.get(1), 1));
    assertArrayEquals(new float[] {0.375f, 1.25f}, floats(parameters.get(0), 2));
    assertArrayEquals(new float[] {-4.25f}, floats(parameters.get(1), 1));
    kernels().sgd(new SgdRule(1, 1, 1), new long[0], List.of(), List.of(), List.of());
    List<FloatPointer> short1 = List.of(new FloatPointer(1));
    assertThrows(
        IllegalArgumentException.class,
        () -> kernels().sgd(new SgdRule(1, 1, 1), new long[] {2}, short1, short1, short1));
  }

  @Test
  void selectRefusesToKeepMoreThanTheLargestClass() {
    LongPointer kept = new LongPointer(3);
    FloatPointer scores = new FloatPointer(3f, 1f, 2f);
    IntPointer classes = new IntPointer(0, 1, 0);
    for (long largest : new long[] {1, -1}) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              kernels()
                  .select(
                      scores, classes, 3, largest, SelectionOrder.EASY, new long[] {2, 1}, kept));
    }
    kernels().select(scores, classes, 3, 2, SelectionOrder.EASY, new long[] {2, 1}, kept);
    long[] indices = new long[3];
    kept.get(indices);
    assertArrayEquals(new long[] {2, 0, 1}, indices);
  }

  private long[] select(float[] scores, int[] classes, SelectionOrder order, long[] keep) {
    long total = 0;
    for (long k : keep) {
      total += k;
    }
    LongPointer kept = new LongPointer(total);
    kernels()
        .select(
            new FloatPointer(scores), new IntPointer(classes), scores.length, order, keep, kept);
    long[] indices = new long[(int) total];
    kept.get(indices);
    return indices;
  }

  static float[] floats(FloatPointer buffer, int length) {
    float[] values = new float[length];
    buffer.get(values, 0, length);
    return values;
  }
}
