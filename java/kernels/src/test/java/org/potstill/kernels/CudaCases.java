package org.potstill.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.junit.jupiter.api.Test;

/** What the CUDA provider must do, on device 0; buffers cross to the device and back. */
abstract class CudaCases extends OracleCases {

  private final CudaKernels cuda = new CudaKernels(CudaQueue.ofDevice(0));

  @Override
  Kernels kernels() {
    return new DeviceCopies(cuda);
  }

  /** A GPU has no thread count: what must agree are two calls. */
  @Override
  Kernels withThreads(int threads) {
    return kernels();
  }

  /** It cannot refuse what only the data can tell. */
  @Override
  @Test
  void scoreRefusesLabelOutOfRange() {
    for (long label : new long[] {-1, 2}) {
      FloatPointer loss = new FloatPointer(1);
      kernels()
          .score(
              new FloatPointer(0f, 0f),
              LogitType.FLOAT32,
              new LongPointer(new long[] {label}),
              1,
              2,
              ScoreOutputs.lossOnly(loss));
      assertTrue(Float.isNaN(loss.get()));
    }
  }

  @Override
  @Test
  void selectRefusesMoreThanAClassHolds() {
    FloatPointer scores = new FloatPointer(1f, 2f);
    LongPointer kept = new LongPointer(2);
    long[] two = {2, 0};
    kernels().select(scores, new IntPointer(0, 1), 2, SelectionOrder.EASY, two, kept);
    assertEquals(0, kept.get(0));
    assertEquals(-1, kept.get(1));
    kernels().select(scores, new IntPointer(0, 2), 2, SelectionOrder.EASY, new long[] {1, 0}, kept);
    assertEquals(-1, kept.get(0));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            kernels()
                .select(
                    scores, new IntPointer(0, 1), 2, SelectionOrder.EASY, new long[] {3}, kept));
  }

  @Test
  void selectLeavesAClassOfMoreThanTheLargestEmpty() {
    FloatPointer scores = new FloatPointer(3f, 1f, 2f);
    LongPointer kept = new LongPointer(2);
    long[] one = {1, 1};
    kernels().select(scores, new IntPointer(0, 1, 0), 3, 1, SelectionOrder.EASY, one, kept);
    assertEquals(-1, kept.get(0));
    assertEquals(1, kept.get(1));
  }

  @Override
  @Test
  void sgdEqualsFiguresByHand() {
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().sgd(new SgdRule(1, 1, 1), new long[0], List.of(), List.of(), List.of()));
  }

  @Override
  @Test
  void sgdEqualsOracleForEverySize() {
    sgdEqualsFiguresByHand();
  }

  @Override
  @Test
  void convolutionEqualsFiguresByHand() {
    ConvolutionMaps none = new ConvolutionMaps(0, 2, 2, 16, 16, 3);
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().convolution(none, null, null, null, null));
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().convolutionInputGradient(none, null, null, null));
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().convolutionWeightGradient(none, null, null, null));
  }

  @Override
  @Test
  void convolutionRefusesWhatDoesNotFit() {
    convolutionEqualsFiguresByHand();
  }

  @Override
  @Test
  void normReluPoolEqualsFiguresByHand() {
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().normReluPool(new NormMaps(0, 2, 2, 1, 2), null, null, null));
  }

  @Override
  @Test
  void tangentsOfNormReluPoolEqualFiguresByHand() {
    NormMaps none = new NormMaps(0, 2, 2, 1, 2);
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().normReluPoolTangent(none, null, null, null, null));
    assertThrows(
        UnsupportedOperationException.class,
        () -> kernels().normReluPoolGradientTangent(none, null, null, null, null, null, null));
  }

  @Override
  @Test
  void normReluPoolRefusesWhatDoesNotFit() {
    normReluPoolEqualsFiguresByHand();
  }

  @Test
  void deviceThatIsNotThereIsNamedInTheCause() {
    Kernels beyond = new CudaKernels(CudaQueue.ofDevice(1000));
    assertTrue(beyond.unavailabilityCause().contains("no device 1000"));
    assertThrows(
        KernelUnavailableException.class, () -> new CudaMemory(CudaQueue.ofDevice(1000), 8));
  }

  @Test
  void statusBecomesATypedExceptionWithTheShapes() {
    Exception error =
        assertThrows(
            IllegalArgumentException.class, () -> new CudaMemory(CudaQueue.ofDevice(0), -1));
    assertEquals(
        "allocate: negative size, or nowhere to put memory (bytes=-1)", error.getMessage());
    assertThrows(
        KernelException.class, () -> new CudaMemory(CudaQueue.ofDevice(0), Long.MAX_VALUE / 2));
  }

  @Test
  void closedMemoryIsNotHandedOut() {
    CudaMemory memory = new CudaMemory(CudaQueue.ofDevice(0), 8);
    memory.close();
    memory.close();
    assertThrows(IllegalStateException.class, memory::pointer);
  }
}
