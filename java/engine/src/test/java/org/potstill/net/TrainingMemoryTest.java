package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.kernels.CpuKernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ForkedJvm;

/** The estimate against what a process takes, as the kernel counts it. */
class TrainingMemoryTest {

  private static final int SIDE = 32;
  private static final int BATCH = 64;

  @TempDir Path temp;

  @Test
  void estimateHoldsWhatATrainingTakes() throws Exception {
    requireEstimate("convnet");
  }

  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"alexnet", "vgg11", "resnet18", "vit"})
  void estimateHoldsWhatTheOthersTake(String network) throws Exception {
    requireEstimate(network);
  }

  /** As an evaluation trains them on the CPU, which takes less. */
  @Test
  void estimateHoldsByKernels() throws Exception {
    requireAtMostTheEstimate("convnet");
  }

  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"alexnet", "vgg11", "resnet18"})
  void estimateHoldsForTheOthersByKernels(String network) throws Exception {
    requireAtMostTheEstimate(network);
  }

  private void requireAtMostTheEstimate(String network) throws Exception {
    requireEstimate(network, measured(process().givingBack(), network, "kernels"));
  }

  private void requireEstimate(String network) throws Exception {
    long taken = measured(process(), network);
    long estimate = requireEstimate(network, taken);
    assertTrue(estimate < 4 * taken, network + " took " + taken + " bytes of " + estimate);
  }

  /** Its heap has its size from the start, so that only what LibTorch and kernels take grows. */
  private ForkedJvm process() {
    return new ForkedJvm(temp).option("-Xmx256m").option("-Xms256m").option("-XX:+AlwaysPreTouch");
  }

  private static long measured(ForkedJvm process, String... arguments) throws Exception {
    ForkedJvm.Outcome outcome = process.run(Measured.class.getName(), arguments);
    assertEquals(0, outcome.status(), outcome.err());
    return Long.parseLong(outcome.out().strip());
  }

  private static long requireEstimate(String network, long taken) {
    Network built = Networks.create(NetworkSpec.of(network, SIDE, 3, 10));
    long atOnce = BatchGradients.imagesAtOnce(built, BATCH, SIDE * SIDE, dropping(0));
    long estimate = TrainingMemory.bytes(built, atOnce, SIDE * SIDE);
    String figures = network + " took " + taken + " bytes, the estimate was " + estimate;
    assertTrue(taken < 1.1 * estimate, figures);
    return estimate;
  }

  private static Pass dropping(int step) {
    return Pass.train(RandomStream.of(1, Purpose.DROPOUT, step, 0));
  }

  /** Trains a network for two steps and prints the bytes that it took. */
  static final class Measured {

    private Measured() {}

    /** Trains the network called {@code arguments[0]}, with a second argument by kernels. */
    public static void main(String[] arguments) throws IOException {
      LibTorch.load();
      Network plain = Networks.create(NetworkSpec.of(arguments[0], SIDE, 3, 10));
      Network network = arguments.length > 1 ? plain.with(new CpuKernels(1)) : plain;
      try (LibTorch.ThreadSettings threads = LibTorch.withThreads(1)) {
        Tensor images = torch.ones(BATCH, 3, SIDE, SIDE);
        Tensor labels = Tensors.indices(new int[BATCH]);
        train(network, images.narrow(0, 0, 2), labels.narrow(0, 0, 2));
        long before = bytes("VmRSS:");
        train(network, images, labels);
        System.out.println(bytes("VmHWM:") - before);
      }
    }

    private static void train(Network network, Tensor images, Tensor labels) {
      RandomStream random = RandomStream.of(1, Purpose.NETWORK_INITIALISATION, 0, 0);
      try (NamedTensors state = network.initialise(random);
          NetworkTrainer trainer =
              new NetworkTrainer(
                  network, state, new Sgd(0.9, 5e-4), Precision.F32, new RowParts("x", "y"))) {
        for (int step = 0; step < 2; step++) {
          trainer.step(images, labels, dropping(step), 0.01);
        }
      }
    }

    private static long bytes(String name) throws IOException {
      List<String> lines = Files.readAllLines(Path.of("/proc/self/status"));
      String line = lines.stream().filter(l -> l.startsWith(name)).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }
  }
}
