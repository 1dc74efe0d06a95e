package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.potstill.kernels.CudaKernels;
import org.potstill.kernels.CudaQueue;
import org.potstill.kernels.JavaKernels;

/** The device {@code meta}, which has shapes but no values, stands in for a GPU. */
class PlacementTest {

  private static final Placement META = Placement.of("meta");

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  @Test
  void onTheHostNothingIsCopied() {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      Tensor tensor = Tensors.of(new float[] {1, 2}, 2);
      assertEquals(tensor.data_ptr(), Placement.CPU.place(tensor).data_ptr());
      assertSame(tensor, Tensors.follow(tensor, tensor));
      state.put("a", tensor);
      assertSame(state, Placement.CPU.place(state));
      assertSame(Placement.CPU, Placement.of(tensor));
    }
  }

  @Test
  void stateMovesAsAWholeAndIsTakenOver() {
    NamedTensors state = new NamedTensors();
    try (PointerScope scope = new PointerScope()) {
      state.put("a", Tensors.of(new float[] {1, 2}, 2));
      state.put("count", Tensors.of(new long[] {3}, 1));
    }
    try (NamedTensors placed = META.place(state)) {
      assertEquals(List.of("a", "count"), List.copyOf(placed.names()));
      assertEquals(META, Placement.of(placed.get("a")));
      assertEquals(META, Placement.of(placed.get("count")));
      assertThrows(IllegalStateException.class, state::size);
    }
  }

  @Test
  void whatIsMadeFromNumbersFollows() {
    try (PointerScope scope = new PointerScope()) {
      Tensor like = META.place(Tensors.of(new float[] {1, 2}, 2));
      for (Tensor made :
          List.of(
              Tensors.of(like, new float[] {1}, 1),
              Tensors.of(like, new long[] {1}, 1),
              Tensors.indices(like, new int[] {1}),
              Tensors.perChannel(like, List.of(0.5)),
              Tensors.zeros(like, 3, 4),
              Tensors.empty(like, 3, 4))) {
        assertEquals(META, Placement.of(made));
      }
      assertArrayEquals(new long[] {3, 4}, Tensors.shape(Tensors.zeros(like, 3, 4)));
    }
  }

  @Test
  void kernelsRefuseTensorsInTwoPlacesAndOutOfReach() {
    try (PointerScope scope = new PointerScope()) {
      Tensor host = Tensors.of(new float[] {1, 2}, 2);
      Tensor elsewhere = META.place(host);
      List<Tensor> here = List.of(host);
      TensorKernels kernels = new TensorKernels(new JavaKernels());
      Exception error =
          assertThrows(
              IllegalArgumentException.class,
              () -> kernels.trajectory(here, List.of(elsewhere), here, here));
      assertTrue(error.getMessage().contains("cpu and meta"), error.getMessage());
      TensorKernels onGpu = new TensorKernels(new CudaKernels(CudaQueue.ofDevice(0)));
      error =
          assertThrows(
              IllegalArgumentException.class, () -> onGpu.trajectory(here, here, here, here));
      assertTrue(error.getMessage().contains("memory of a GPU"), error.getMessage());
    }
  }

  @Test
  void kernelsOnTensorsGiveWhatTheyGiveOnBuffers() {
    try (PointerScope scope = new PointerScope()) {
      List<Tensor> theta = List.of(Tensors.of(new float[] {1, 2}, 2));
      List<Tensor> target = List.of(Tensors.of(new float[] {0, 0}, 2));
      List<Tensor> start = List.of(Tensors.of(new float[] {2, 0}, 2));
      Tensor gradient = Tensors.empty(theta.get(0), 2);
      TensorKernels kernels = new TensorKernels(new JavaKernels());
      assertEquals(5 / 4.0, kernels.trajectory(theta, target, start, List.of(gradient)));
      assertArrayEquals(new float[] {0.5f, 1}, Tensors.toFloats(gradient));
      Tensor logits = Tensors.of(new float[] {0, (float) Math.log(3)}, 1, 2);
      assertEquals(Math.log(4), kernels.score(logits, new long[] {0})[0], 1e-6);
    }
  }
}
