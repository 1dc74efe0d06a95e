package org.potstill.prior;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.kernels.CudaKernels;
import org.potstill.kernels.CudaQueue;
import org.potstill.kernels.JavaKernels;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;

/** The device {@code meta}, which has shapes but no values, stands in for a GPU. */
class KernelTensorsTest {

  private final Kernels ofTheHost = new JavaKernels();
  private final Kernels ofAGpu = new CudaKernels(CudaQueue.ofDevice(0));

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  @Test
  void kernelsTakeWhatTheyReach() {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = Tensors.of(new float[] {1, 2}, 2);
      assertTrue(KernelTensors.take(ofTheHost, host));
      assertFalse(KernelTensors.take(ofAGpu, host));
      assertFalse(KernelTensors.take(null, host));
      assertFalse(KernelTensors.take(ofTheHost, Placement.of("meta").place(host)));
      assertFalse(KernelTensors.take(ofTheHost, host.to(torch.ScalarType.BFloat16)));
    }
  }

  @Test
  void activationDoesWithoutKernelsThatDoNotReachIt() {
    try (PointerScope scope = new PointerScope()) {
      FilteredLeakyRelu operation = FilteredLeakyRelu.of(2, 2, 1, 0, Math.sqrt(2), 0.2, 256);
      Tensor input = Tensors.of(new float[] {1, -2, 3, -4}, 1, 1, 2, 2);
      Tensor bias = Tensors.of(new float[] {0.5f}, 1);
      Tensor taps = Tensors.of(new float[] {0.5f, 0.5f}, 2);
      float[] expected = Tensors.toFloats(operation.apply(input, bias, taps, taps, null));
      assertArrayEquals(
          expected, Tensors.toFloats(operation.apply(input, bias, taps, taps, ofAGpu)));
      assertArrayEquals(
          Tensors.toFloats(operation.gradient(input, bias, taps, taps, input, null)),
          Tensors.toFloats(operation.gradient(input, bias, taps, taps, input, ofAGpu)));
    }
  }
}
