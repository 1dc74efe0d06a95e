package org.potstill.net;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

class NetworkMemoryTest {

  /** One batch of the first maps, 512 KB, lost in every step would add up to 125 MB. */
  @ParameterizedTest
  @Tag("memory")
  @EnumSource(
      value = Norm.class,
      names = {"INSTANCE", "BATCH"})
  void forwardAndBackwardKeepNativeMemoryFlat(Norm norm) {
    LibTorch.load();
    Network network =
        Networks.create(NetworkSpec.of("convnet", 32, 3, 10).with(3, 16, norm, Pooling.AVG));
    try (LibTorch.ThreadSettings threads = LibTorch.withThreads(1)) {
      ResidentMemory.assertFlat(50, 250, step -> step(network, step));
    }
  }

  private static void step(Network network, int step) {
    RandomStream random = RandomStream.of(1, Purpose.NETWORK_INITIALISATION, step, 0);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = network.initialise(random)) {
      network.embed(state, torch.ones(8, 3, 32, 32), Pass.TRAIN).buffers().close();
      Tensor images = torch.ones(8, 3, 32, 32).requires_grad_(true);
      NetworkOutput output = network.logits(state, images, Pass.TRAIN);
      Tensors.gradients(output.value().sum(), null, new Tensor[] {images}, false);
      output.buffers().close();
    }
  }
}
