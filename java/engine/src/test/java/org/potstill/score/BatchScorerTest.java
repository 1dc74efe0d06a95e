package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.errors.RunFailedException;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.ScorerResNet18;
import org.potstill.net.SmallGpu;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Tensors;

class BatchScorerTest {

  private static final int SIDE = 32;
  private static final long[] LABELS = {0, 1, 2, 0, 1, 2, 1};

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** The losses where no more than {@code most} images fit. */
  private static float[] losses(int most) {
    float[] pixels = new float[LABELS.length * SIDE * SIDE];
    RandomStream.of(4, Purpose.REAL_BATCH, 0, 0).fillGaussian(pixels, 0, 1);
    RandomStream random = RandomStream.of(4, Purpose.SCORER_INITIALISATION, 0, 0);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ScorerResNet18.of(1, 3).initialise(random);
        BatchScorer scorer =
            new BatchScorer(
                new SmallGpu(ScorerResNet18.folded(1, 3), most),
                state,
                Precision.F32,
                new JavaKernels(),
                Placement.CPU)) {
      Tensor images = Tensors.of(pixels, LABELS.length, 1, SIDE, SIDE);
      return scorer.losses((from, to) -> images.narrow(0, from, to - from), LABELS);
    }
  }

  @Test
  void whereMemoryEndsPartsGiveEveryImageItsLoss() {
    float[] whole = losses(LABELS.length);
    assertArrayEquals(whole, losses(3), 1e-5f);
    assertArrayEquals(whole, losses(1), 1e-5f);
  }

  @Test
  void imageThatDoesNotFitIsAnErrorThatNamesStageAndKey() {
    Exception error = assertThrows(RunFailedException.class, () -> losses(0));
    assertTrue(error.getMessage().startsWith("score: the memory of the GPU is full"));
    assertTrue(error.getMessage().contains("lower score.batch or"), error.getMessage());
  }
}
