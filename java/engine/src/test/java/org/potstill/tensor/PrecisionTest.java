package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The switches of TF32 can be read without a GPU, though nothing obeys them. */
class PrecisionTest {

  @BeforeAll
  static void loadLibTorch() {
    LibTorch.load();
  }

  private static boolean[] tf32() {
    try (Context context = torch.globalContext()) {
      return new boolean[] {context.allowTF32CuDNN(), context.allowTF32CuBLAS()};
    }
  }

  @Test
  void tf32IsAllowedWithinItsScopeOnly() {
    try (PointerScope scope = new PointerScope();
        Context context = torch.globalContext()) {
      boolean convolutionsBefore = tf32()[0];
      context.setAllowTF32CuDNN(false);
      context.setAllowTF32CuBLAS(false);
      Tensor like = Tensors.of(new float[] {1}, 1);
      try (Precision.Scope computing = Precision.TF32.on(like)) {
        assertTrue(tf32()[0] && tf32()[1]);
        try (Precision.Scope inner = Precision.TF32.on(like)) {
          assertTrue(tf32()[0]);
        }
        assertTrue(tf32()[0]);
      }
      assertFalse(tf32()[0] || tf32()[1]);
      try (Precision.Scope computing = Precision.F32.on(like)) {
        assertFalse(tf32()[0] || tf32()[1]);
      }
      context.setAllowTF32CuDNN(convolutionsBefore);
    }
  }

  @Test
  void bfloat16IsOfProductsAndOfItsThreadOnly() throws InterruptedException {
    try (PointerScope scope = new PointerScope()) {
      Tensor square = Tensors.of(new float[] {1.001f, 2, 3, 4}, 2, 2);
      torch.ScalarType[] elsewhere = new torch.ScalarType[1];
      try (Precision.Scope computing = Precision.BF16.on(square)) {
        assertSame(torch.ScalarType.BFloat16, square.matmul(square).scalar_type().intern());
        assertSame(torch.ScalarType.Float, square.add(square).scalar_type().intern());
        Thread other =
            new Thread(() -> elsewhere[0] = square.matmul(square).scalar_type().intern());
        other.start();
        other.join();
      }
      assertSame(torch.ScalarType.Float, elsewhere[0]);
      assertSame(torch.ScalarType.Float, square.matmul(square).scalar_type().intern());
      assertEquals(1.001f, Tensors.toFloats(square)[0]);
    }
  }

  @Test
  void cpuHasNoTf32() {
    assertSame(Precision.F32, Precision.of("tf32", "score.precision", Placement.CPU));
    assertSame(Precision.TF32, Precision.of("tf32", "score.precision", Placement.of("cuda:0")));
    assertSame(Precision.BF16, Precision.of("bf16", "score.precision", Placement.CPU));
  }
}
