package org.potstill.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class AttentionTest {

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  @Test
  void aSingleTokenLiesAsTheFusedKernelWantsIt() {
    try (PointerScope scope = new PointerScope()) {
      Tensor map = torch.randn(2, 3, 8, 1).transpose(2, 3); // (N, heads, 1, d), strides 8 and 1
      assertEquals(1, map.stride(2), "what the kernel refuses");
      assertEquals(8, Attention.withPlainStrides(map).stride(2));
    }
  }

  @Test
  void oneTokenAmongItselfIsItsOwnValue() {
    try (PointerScope scope = new PointerScope()) {
      Tensor query = torch.randn(2, 3, 8, 1).transpose(2, 3);
      Tensor value = torch.randn(2, 3, 8, 1).transpose(2, 3);
      assertTrue(torch.allclose(value, Attention.of(query, query, value)));
    }
  }
}
