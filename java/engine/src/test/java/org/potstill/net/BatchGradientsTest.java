package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.potstill.fixtures.Closeness.assertOfLargest;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.fixtures.Closeness;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.RowParts;
import org.potstill.tensor.Tensors;

class BatchGradientsTest {

  private static final int SIDE = 32;
  private static final int CLASSES = 10;
  private static final double ROUNDING = 1e-5;

  /** Of the width at which 16 images are taken at a time. */
  private static final int WIDTH = 128;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static Network network(Norm norm, int width) {
    return Networks.create(
        NetworkSpec.of("convnet", SIDE, 1, CLASSES).with(3, width, norm, Pooling.AVG));
  }

  private static NamedTensors fresh(Network network) {
    NamedTensors state =
        network.initialise(RandomStream.of(2, Purpose.NETWORK_INITIALISATION, 0, 0));
    network.parameterNames().forEach(name -> state.get(name).requires_grad_(true));
    return state;
  }

  private static Tensor images(int count) {
    float[] pixels = new float[count * SIDE * SIDE];
    RandomStream.of(2, Purpose.REAL_BATCH, 0, 0).fillGaussian(pixels, 0, 1);
    return Tensors.of(pixels, count, 1, SIDE, SIDE);
  }

  private static Tensor labels(int count) {
    long[] labels = new long[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % CLASSES;
    }
    return Tensors.of(labels, count);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 21})
  void partsAddUpToTheGradientOfTheWholeBatch(int count) {
    Network network = network(Norm.INSTANCE, WIDTH);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = fresh(network)) {
      Tensor images = images(count);
      List<String> names = network.parameterNames();
      Tensor loss =
          torch.cross_entropy_loss(
              network.logits(state, images, Pass.TRAIN).value(), labels(count));
      Tensor[] whole =
          Tensors.gradients(
              loss, null, names.stream().map(state::get).toArray(Tensor[]::new), false);
      BatchGradients.Found found =
          new BatchGradients(network, state, names, Precision.F32, new RowParts("x", "y"))
              .of(images, labels(count), Pass.TRAIN);
      assertEquals(loss.item_double(), found.loss(), ROUNDING);
      Tensor logits = network.logits(state, images, Pass.TRAIN).value();
      assertEquals(Accuracy.correct(logits, labels(count)), found.correct());
      // Together, since the biases before a norm have no gradient but rounding.
      assertOfLargest("gradients", all(List.of(whole)), all(found.gradients()), ROUNDING);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 20, 21})
  void partsThatFitAGpuAddUpToTheGradientOfTheWholeBatch(int most) {
    Network network = network(Norm.INSTANCE, 8);
    RowParts rows = new RowParts("experts", "experts.batch");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = fresh(network)) {
      Tensor images = images(21);
      List<String> names = network.parameterNames();
      BatchGradients.Found whole =
          new BatchGradients(network, state, names, Precision.F32, rows)
              .of(images, labels(21), Pass.TRAIN);
      BatchGradients.Found parts =
          new BatchGradients(new SmallGpu(network, most), state, names, Precision.F32, rows)
              .of(images, labels(21), Pass.TRAIN);
      assertEquals(whole.loss(), parts.loss(), ROUNDING);
      assertEquals(whole.correct(), parts.correct());
      assertOfLargest("gradients", all(whole.gradients()), all(parts.gradients()), ROUNDING);
    }
  }

  @Test
  void batchesThatMayNotBeSplitAndDoNotFitAreErrors() {
    Network network = network(Norm.BATCH, 8);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = fresh(network)) {
      RuntimeException error =
          assertThrows(
              RuntimeException.class,
              () ->
                  new BatchGradients(
                          new SmallGpu(network, 4),
                          state,
                          network.parameterNames(),
                          Precision.F32,
                          new RowParts("experts", "experts.batch"))
                      .of(images(6), labels(6), Pass.TRAIN));
      assertTrue(error.getMessage().startsWith("CUDA out of memory"), error.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"scorer", "vit"})
  void batchesThatMayNotBeSplitAreTriedAgainWithTheSameDraws(String name) {
    Network network =
        name.equals("scorer")
            ? ScorerResNet18.of(1, CLASSES)
            : Networks.create(NetworkSpec.of(name, SIDE, 1, CLASSES));
    SmallGpu crowded = SmallGpu.crowded(network);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = fresh(network);
        NamedTensors again = fresh(network)) {
      BatchGradients.Found once = gradients(network, state);
      BatchGradients.Found twice = gradients(crowded, again);
      assertTrue(crowded.wasFull());
      assertEquals(once.loss(), twice.loss());
      assertArrayEquals(all(once.gradients()), all(twice.gradients()));
      for (StateEntry entry : network.state()) {
        assertArrayEquals(
            Closeness.doubles(state.get(entry.name())),
            Closeness.doubles(again.get(entry.name())),
            entry.name());
      }
    }
  }

  /** Of six images, with dropout. */
  private static BatchGradients.Found gradients(Network network, NamedTensors state) {
    return new BatchGradients(
            network,
            state,
            network.parameterNames(),
            Precision.F32,
            new RowParts("experts", "experts.batch"))
        .of(images(6), labels(6), Pass.train(RandomStream.of(1, Purpose.DROPOUT, 0, 0)));
  }

  private static double[] all(List<Tensor> gradients) {
    return gradients.stream()
        .flatMapToDouble(gradient -> Arrays.stream(Closeness.doubles(gradient)))
        .toArray();
  }

  /** Split, every part would have statistics of its own. */
  @Test
  void batchStatisticsAreThoseOfTheWholeBatchAndMoveTheBuffers() {
    Network network = network(Norm.BATCH, WIDTH);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = fresh(network);
        NamedTensors before = state.map(tensor -> tensor.detach().clone())) {
      Tensor images = images(21);
      NetworkOutput output = network.logits(before, images, Pass.TRAIN);
      double loss = torch.cross_entropy_loss(output.value(), labels(21)).item_double();
      BatchGradients.Found found =
          new BatchGradients(
                  network, state, network.parameterNames(), Precision.F32, new RowParts("x", "y"))
              .of(images, labels(21), Pass.TRAIN);
      assertEquals(loss, found.loss(), ROUNDING);
      assertTrue(output.buffers().names().size() > 0);
      for (String name : output.buffers().names()) {
        assertOfLargest(
            name,
            Closeness.doubles(output.buffers().get(name)),
            Closeness.doubles(state.get(name)),
            ROUNDING);
      }
      output.buffers().close();
    }
  }

  /** A mask depends on an image's place in the batch. */
  @ParameterizedTest
  @CsvSource({
    "convnet, true",
    "alexnet, true",
    "vgg11, true",
    "resnet18, true",
    "vit, false",
    "scorer, false"
  })
  void onlyNetworksThatDropStayWholeWhereMasksAreDrawn(String name, boolean separable) {
    Pass drops = Pass.train(RandomStream.of(1, Purpose.DROPOUT, 0, 0));
    Network network =
        name.equals("scorer")
            ? ScorerResNet18.of(3, CLASSES)
            : Networks.create(NetworkSpec.of(name, SIDE, 3, CLASSES));
    assertEquals(separable, network.separable(drops));
    assertEquals(!name.equals("scorer"), network.separable(Pass.TRAIN));
    assertTrue(network.separable(Pass.EVAL));
  }

  @Test
  void partsHaveTheSameSizeUnlessTheBatchStaysWhole() {
    long pixels = SIDE * SIDE;
    Network split = network(Norm.INSTANCE, WIDTH);
    long part = BatchGradients.imagesAtOnce(split, 16, pixels, Pass.TRAIN);
    assertEquals(16, part);
    assertEquals(part, BatchGradients.imagesAtOnce(split, 256, pixels, Pass.TRAIN));
    Network whole = network(Norm.BATCH, WIDTH);
    assertEquals(256, BatchGradients.imagesAtOnce(whole, 256, pixels, Pass.TRAIN));
  }
}
