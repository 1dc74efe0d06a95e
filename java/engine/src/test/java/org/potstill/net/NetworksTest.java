package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.fixtures.Closeness;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.EngineKernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class NetworksTest {

  /** Two blocks of 8 channels at 16 pixels. */
  private static final NetworkSpec SMALL =
      NetworkSpec.of("convnet", 16, 3, 4).with(2, 8, Norm.INSTANCE, Pooling.AVG);

  private static LibTorch.ThreadSettings threads;

  @BeforeAll
  static void holdThreads() {
    threads = LibTorch.withThreads(1);
  }

  @AfterAll
  static void restoreThreads() {
    threads.close();
  }

  private static RandomStream stream(long index) {
    return RandomStream.of(7, Purpose.NETWORK_INITIALISATION, 0, index);
  }

  private static Tensor images(int count, int channels, int size) {
    float[] values = new float[count * channels * size * size];
    stream(99).fillGaussian(values, 0, 1);
    return Tensors.of(values, count, channels, size, size);
  }

  private static String refused(NetworkSpec spec) {
    return assertThrows(InputException.class, () -> Networks.create(spec)).getMessage();
  }

  /** Instance norm of one value is 0: such a network would be the same for all images. */
  @Test
  void instanceNormOfSinglePixelsIsRefused() {
    String message = refused(NetworkSpec.of("resnet18", 8, 3, 10));
    assertTrue(message.startsWith("resnet18 at 8 pixels has maps of a single pixel"), message);
    NetworkSpec flat = NetworkSpec.of("convnet", 1, 3, 10).with(2, 8, null, Pooling.NONE);
    assertTrue(refused(flat).contains("instance norm"), refused(flat));
    Networks.create(NetworkSpec.of("resnet18", 9, 3, 10));
    Networks.create(NetworkSpec.of("resnet18", 8, 3, 10).with(Norm.BATCH));
    Networks.create(NetworkSpec.of("convnet", 2, 3, 10).with(1, 8, null, Pooling.AVG));
  }

  @Test
  void theFormHasEverythingThatWasLeftOpen() {
    assertEquals(
        "depth 5, width 128, norm instance, pooling avg",
        Networks.form(NetworkSpec.of("convnet", 128, 3, 10)));
    assertEquals(
        "depth 2, width 8, norm batch, pooling max",
        Networks.form(SMALL.with(2, 8, Norm.BATCH, Pooling.MAX)));
    assertEquals("norm none", Networks.form(NetworkSpec.of("alexnet", 32, 3, 10)));
    assertEquals("norm layer", Networks.form(NetworkSpec.of("vit", 32, 3, 10)));
    assertEquals("no settings", Networks.form(NetworkSpec.of("of-a-user", 32, 3, 10)));
  }

  @Test
  void anUnknownNameSuggestsTheNearest() {
    String message = refused(NetworkSpec.of("resnet-18", 32, 3, 10));
    assertTrue(message.contains("did you mean \"resnet18\"?"), message);
    assertTrue(message.contains("[convnet, convnet-gap, alexnet, vgg11, resnet18, vit]"), message);
    assertFalse(refused(NetworkSpec.of("something", 32, 3, 10)).contains("did you mean"));
    String norm = assertThrows(InputException.class, () -> Networks.norm("batchnorm")).getMessage();
    assertTrue(norm.contains("[none, batch, layer, group, instance]"), norm);
  }

  @ParameterizedTest
  @CsvSource({
    "alexnet,32,BATCH",
    "vgg11,32,NONE",
    "vgg11,128,GROUP",
    "resnet18,32,LAYER",
    "vit,32,BATCH",
    "vit,128,LAYER"
  })
  void aNormThatANetworkCannotHaveIsAnError(String name, int size, Norm norm) {
    String message = refused(NetworkSpec.of(name, size, 3, 10).with(norm));
    assertTrue(message.contains(norm.name().toLowerCase(Locale.ROOT)), message);
  }

  @ParameterizedTest
  @EnumSource(Norm.class)
  void theNormAskedForIsBuilt(Norm norm) {
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(SMALL.with(norm));
      NamedTensors state = network.initialise(stream(0));
      Tensor images = images(5, 3, 16);
      Tensor batch = network.logits(state, images, Pass.TRAIN).value();
      Tensor alone = network.logits(state, images.narrow(0, 0, 1), Pass.TRAIN).value();
      boolean dependsOnBatch =
          Closeness.relativeL2(
                  "", Closeness.doubles(batch.narrow(0, 0, 1)), Closeness.doubles(alone))
              > 1e-3;
      assertEquals(norm == Norm.BATCH, dependsOnBatch);
      long scales =
          network.state().stream()
              .filter(entry -> entry.name().equals("features.1.weight"))
              .count();
      assertEquals(1, norm == Norm.NONE ? 1 - scales : scales);
      state.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"vgg11,16", "alexnet,7", "convnet,1", "vit,30", "vit,100"})
  void imagesThatDoNotFitAreAnError(String name, int size) {
    refused(NetworkSpec.of(name, size, 3, 10));
    refused(NetworkSpec.of("convnet", 16, 3, 10).with(5, 8, null, null));
    refused(NetworkSpec.of("convnet", 16, 3, 10).with(2, 6, Norm.GROUP, null));
    refused(NetworkSpec.of(name, size, 3, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "convnet,INSTANCE",
    "convnet,BATCH",
    "convnet-gap,INSTANCE",
    "alexnet,NONE",
    "vgg11,INSTANCE",
    "vgg11,BATCH",
    "resnet18,INSTANCE",
    "resnet18,BATCH",
    "vit,LAYER"
  })
  void gradientsCanBeDifferentiatedAgain(String name, Norm norm) {
    try (PointerScope scope = new PointerScope()) {
      Network once = Networks.create(NetworkSpec.of(name, 32, 3, 4).with(norm));
      Network twice = once.twiceDifferentiable();
      NamedTensors state = once.initialise(stream(0));
      for (String parameter : state.names()) {
        if (state.get(parameter).is_floating_point()) {
          state.get(parameter).requires_grad_(true);
        }
      }
      Tensor images = images(2, 3, 32).requires_grad_(true);
      Tensor logits = twice.logits(state, images, Pass.TRAIN).value();
      float[] found = Tensors.toFloats(logits.detach().reshape(-1));
      float[] expected =
          Tensors.toFloats(once.logits(state, images, Pass.TRAIN).value().detach().reshape(-1));
      assertArrayEquals(expected, found, 1e-5f);
      Tensor first = Tensors.gradients(logits.square().sum(), null, new Tensor[] {images}, true)[0];
      Tensor second =
          Tensors.gradients(first.square().sum(), null, new Tensor[] {images}, false)[0];
      float size = second.norm().item_float();
      assertTrue(Float.isFinite(size) && size > 0, "norm " + size);
      state.close();
    }
  }

  @ParameterizedTest
  @CsvSource({"16,3,2", "28,1,3", "32,3,3", "32,1,3", "64,1,4", "128,3,5", "256,3,6"})
  void depthFollowsTheSizeAsPublished(int size, int channels, int depth) {
    Network network = Networks.create(NetworkSpec.of("convnet", size, channels, 10));
    assertEquals(depth, network.state().stream().filter(e -> e.shape().size() == 4).count());
    assertEquals("[10, 2048]", lastWeight(network).shape().toString());
  }

  private static StateEntry lastWeight(Network network) {
    return network.state().get(network.state().size() - 2);
  }

  @ParameterizedTest
  @CsvSource({
    "convnet,28,1",
    "convnet-gap,28,1",
    "alexnet,28,1",
    "vgg11,28,1",
    "resnet18,28,1",
    "convnet,32,1",
    "convnet,20,1",
    "alexnet,32,1",
    "vgg11,64,1",
    "vgg11,128,1",
    "vit,28,1",
    "convnet,28,3",
    "alexnet,64,3",
    "vgg11,64,3",
    "resnet18,64,3",
    "resnet18,16,3"
  })
  void everyNetworkTakesTheImagesItIsBuiltFor(String name, int size, int channels) {
    try (PointerScope scope = new PointerScope()) {
      Network network =
          Networks.create(NetworkSpec.of(name, size, channels, 6).with(0, 8, null, null));
      try (NamedTensors state = network.initialise(stream(0))) {
        Tensor images = images(2, channels, size);
        Tensor logits = network.logits(state, images, Pass.EVAL).value();
        assertArrayEquals(new long[] {2, 6}, Tensors.shape(logits));
        assertTrue(logits.isfinite().all().item_bool());
        assertEquals(2, network.embed(state, images, Pass.EVAL).value().dim());
      }
    }
  }

  @Test
  void initialValuesAreDrawnFromTheDefaultsOfTheReference() {
    Network network = Networks.create(NetworkSpec.of("convnet", 32, 3, 10));
    try (NamedTensors state = network.initialise(stream(0))) {
      float[] weight = Tensors.toFloats(state.get("features.4.weight"));
      double bound = 1 / Math.sqrt(128 * 9);
      double largest = 0;
      double square = 0;
      for (float value : weight) {
        largest = Math.max(largest, Math.abs(value));
        square += value * value;
      }
      assertTrue(largest <= bound && largest > 0.999 * bound, "largest " + largest);
      assertEquals(bound * bound / 3, square / weight.length, 0.02 * bound * bound);
      assertEquals(1, state.get("features.1.weight").min().item_float());
      assertEquals(0, state.get("features.1.bias").abs().max().item_float());
      double biasBound = 1 / Math.sqrt(27);
      double bias = state.get("features.0.bias").abs().max().item_float();
      assertTrue(bias <= biasBound && bias > 0.8 * biasBound, "bias " + bias);
    }
  }

  @Test
  void initialValuesFollowTheStream() {
    Network network = Networks.create(SMALL);
    try (NamedTensors first = network.initialise(stream(0));
        NamedTensors again = network.initialise(stream(0));
        NamedTensors other = network.initialise(stream(1))) {
      assertTrue(first.get("classifier.weight").equal(again.get("classifier.weight")));
      assertFalse(first.get("classifier.weight").equal(other.get("classifier.weight")));
    }
  }

  @Test
  void trainingMovesRunningStatisticsAndLeavesTheStateAsItWas() {
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(SMALL.with(Norm.BATCH));
      NamedTensors state = network.initialise(stream(0));
      Tensor images = images(6, 3, 16);
      NetworkOutput output = network.logits(state, images, Pass.TRAIN);
      Tensor maps =
          torch.conv2d(
              images,
              state.get("features.0.weight"),
              new TensorOptional(state.get("features.0.bias")),
              new long[] {1, 1},
              new long[] {1, 1},
              new long[] {1, 1},
              1);
      double[] expected = Closeness.doubles(maps.mean(0, 2, 3).mul(new Scalar(0.1)));
      Closeness.assertMaxAbsolute(
          "running mean",
          expected,
          Closeness.doubles(output.buffers().get("features.1.running_mean")),
          1e-6);
      assertEquals(1, output.buffers().get("features.1.num_batches_tracked").item_long());
      assertEquals(6, output.buffers().size());
      assertEquals(0, state.get("features.1.running_mean").abs().max().item_float());
      NetworkOutput frozen = network.logits(state, images, new Pass(Mode.FROZEN_STATISTICS, null));
      assertEquals(0, frozen.buffers().size());
      assertTrue(frozen.value().equal(network.logits(state, images, Pass.EVAL).value()));
      assertFalse(frozen.value().equal(output.value()));
      output.buffers().close();
      state.close();
    }
  }

  @Test
  void dropoutFollowsTheStreamAndScalesWhatItKeeps() {
    try (PointerScope scope = new PointerScope()) {
      Tensor ones = torch.ones(100, 100);
      Layers layers = new Layers(new NamedTensors(), Pass.train(stream(0)));
      Layers again = new Layers(new NamedTensors(), Pass.train(stream(0)));
      Tensor dropped = layers.dropout(ones, 0.1);
      assertTrue(dropped.equal(again.dropout(ones, 0.1)));
      assertFalse(dropped.equal(layers.dropout(ones, 0.1)), "a second layer has another mask");
      assertEquals(1 / 0.9, dropped.max().item_float(), 1e-6);
      assertEquals(1, dropped.mean().item_float(), 0.02);
      assertTrue(new Layers(new NamedTensors(), Pass.TRAIN).dropout(ones, 0.1).equal(ones));
      Pass evaluation = new Pass(Mode.EVAL, stream(0));
      assertTrue(new Layers(new NamedTensors(), evaluation).dropout(ones, 0.1).equal(ones));
    }
  }

  private static String misfit(Network network, NamedTensors state, Tensor images) {
    String logits =
        assertThrows(
                IllegalArgumentException.class, () -> network.logits(state, images, Pass.TRAIN))
            .getMessage();
    assertTrue(logits.startsWith(network + " "), logits);
    return logits.substring(network.toString().length() + 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "cpu"})
  void imagesThatTheNetworkWasNotBuiltForAreToldBesideWhatItTakes(String kernels) {
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(SMALL).with(EngineKernels.byName(kernels, 1));
      NamedTensors state = network.initialise(stream(0));
      assertEquals(
          "does not take images of [2, 1, 16, 16]: features.0 takes (N, 3, H, W), not"
              + " [2, 1, 16, 16]",
          misfit(network, state, images(2, 1, 16)));
      assertEquals(
          "does not take images of [2, 3, 32, 32]: classifier takes (..., 128), not [2, 512]",
          misfit(network, state, images(2, 3, 32)));
      String small = misfit(network, state, images(2, 3, 2));
      assertTrue(small.startsWith("does not take images of [2, 3, 2, 2]: "), small);
      assertEquals(
          "takes images of (N, C, H, W), not [3, 16, 16]",
          misfit(network, state, images(1, 3, 16).select(0, 0)));
      // Features are those of any size.
      assertEquals(512, network.embed(state, images(2, 3, 32), Pass.TRAIN).value().size(1));
      state.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "alexnet,32,40,'fc takes (..., 3072), not [2, 4800]'",
    "alexnet,32,4,'a pooling of 2 x 2 takes maps of at least one square, not [2, 192, 1, 1]'",
    "vgg11,32,64,'classifier takes (..., 512), not [2, 2048]'",
    "vit,32,28,'vit takes (N, C, 32, 32), not [2, 3, 28, 28]'",
    "vit,32,30,'vit takes (N, C, 32, 32), not [2, 3, 30, 30]'"
  })
  void everyNetworkTellsTheSizesThatItTakes(String name, int size, int given, String told) {
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(NetworkSpec.of(name, size, 3, 4));
      NamedTensors state = network.initialise(stream(0));
      String message = misfit(network, state, images(2, 3, given));
      assertTrue(message.endsWith("]: " + told), message);
      state.close();
    }
  }

  @Test
  void stateOfAnotherNetworkIsToldByTheEntryThatDiffers() {
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(SMALL);
      NetworkSpec five = NetworkSpec.of("convnet", 16, 3, 5).with(2, 8, Norm.INSTANCE, Pooling.AVG);
      NamedTensors state = Networks.create(five).initialise(stream(0));
      assertEquals(
          "has classifier.weight of [4, 128], not [5, 128]",
          misfit(network, state, images(2, 3, 16)));
      state.close();
    }
  }

  @Test
  void passesWithAndWithoutGradientsAgree() {
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(SMALL);
      NamedTensors state = network.initialise(stream(0));
      Tensor images = images(4, 3, 16);
      Tensor plain = network.embed(state, images, Pass.TRAIN).value();
      Tensor tracked =
          network.embed(state, images.clone().requires_grad_(true), Pass.TRAIN).value();
      assertFalse(plain.requires_grad());
      assertTrue(tracked.requires_grad());
      Closeness.assertOfMaximum(
          "features", Closeness.doubles(tracked), Closeness.doubles(plain), 1e-5);
      state.close();
    }
  }
}
