package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.errors.RunFailedException;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

class AccuracyTest {

  private static final int SIDE = 8;
  private static final int IMAGES = 23;

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static double accuracy(int most) {
    Network network =
        Networks.create(
            NetworkSpec.of("convnet", SIDE, 1, 2).with(2, 4, Norm.INSTANCE, Pooling.AVG));
    RandomStream random = RandomStream.of(9, Purpose.NETWORK_INITIALISATION, 0, 0);
    float[] values = new float[IMAGES * SIDE * SIDE];
    random.fillGaussian(values, 0, 1);
    long[] labels = new long[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
      labels[i] = i % 2;
    }
    try (PointerScope scope = new PointerScope();
        NamedTensors state = network.initialise(random)) {
      Tensor images = Tensors.of(values, IMAGES, 1, SIDE, SIDE);
      return Accuracy.of(
          new SmallGpu(network, most),
          state,
          images,
          Tensors.of(labels, IMAGES),
          10,
          Precision.F32,
          new RowParts("evaluate", "evaluate.batch"),
          done -> {});
    }
  }

  @Test
  void aRowThatIsNotFiniteIsWrongWhateverItsLabel() {
    float nan = Float.NaN;
    float[] logits = {1, 2, 0, 0, 1, 2, nan, 1, 2, 0, Float.POSITIVE_INFINITY, 2};
    try (PointerScope scope = new PointerScope()) {
      Tensor rows = Tensors.of(logits, 4, 3);
      assertEquals(2, Accuracy.correct(rows, Tensors.of(new long[] {1, 2, 0, 1}, 4)));
      assertEquals(1, Accuracy.correct(rows, Tensors.of(new long[] {0, 2, 2, 2}, 4)));
    }
  }

  @Test
  void whereMemoryEndsPartsGiveTheSame() {
    double whole = accuracy(IMAGES);
    assertTrue(whole > 0 && whole < 1, "accuracy " + whole);
    assertEquals(whole, accuracy(3));
    assertEquals(whole, accuracy(1));
  }

  @Test
  void imageThatDoesNotFitIsAnErrorThatNamesStageAndKey() {
    Exception error = assertThrows(RunFailedException.class, () -> accuracy(0));
    assertEquals(
        "evaluate: the memory of the GPU is full: 20.00 MiB wanted, 17.56 MiB free; lower"
            + " evaluate.batch or data.resolution, or compute on the CPU (run.device: cpu)",
        error.getMessage());
  }
}
