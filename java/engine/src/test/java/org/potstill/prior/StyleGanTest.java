package org.potstill.prior;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.errors.InputException;
import org.potstill.fixtures.Closeness;
import org.potstill.kernels.CpuKernels;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class StyleGanTest {

  private static final StyleGanConfig CONFIG = StyleGanConfig.random(3, 32, 96, 6);

  private static NamedTensors weights(long seed) {
    return StyleGan.initialise(CONFIG, RandomStream.of(seed, Purpose.PRIOR_INITIALISATION, 0, 0));
  }

  private static Tensor latents(StyleGan generator, NamedTensors weights, int count) {
    float[] z = new float[count * generator.zDim()];
    RandomStream.of(1, Purpose.PRIOR_NOISE, 0, 0).fillGaussian(z, 0, 1);
    return generator.mapping(weights, Tensors.of(z, count, generator.zDim()), null, 1);
  }

  private static String refusal(Map<String, long[]> shapes) {
    return assertThrows(InputException.class, () -> StyleGanShapes.read(shapes, "file.pkl"))
        .getMessage();
  }

  private static Map<String, long[]> shapes() {
    return new LinkedHashMap<>(StyleGan.layout(CONFIG));
  }

  @Test
  void missingUnusedAndMisshapenWeightsAreListed() {
    Map<String, long[]> shapes = shapes();
    shapes.remove("synthesis.input.phases");
    shapes.remove("synthesis.L0_36_6.up_filter");
    shapes.put("discriminator.weight", new long[] {3});
    shapes.put("mapping.fc1.bias", new long[] {7});
    String message = refusal(shapes);
    assertTrue(message.startsWith("file.pkl does not hold the weights of"), message);
    assertTrue(message.contains("missing synthesis.L0_36_6.up_filter, synthesis.input.phases"));
    assertTrue(message.contains("not used discriminator.weight;"), message);
    assertTrue(message.contains("mapping.fc1.bias [7] instead of [6]"), message);
  }

  /** Six taps for every factor; a factor of 1 has no filter. */
  @Test
  void filtersOfNoFactorAreListed() {
    for (long[] shape : new long[][] {{}, {6}, {13}, {12, 6}}) {
      Map<String, long[]> shapes = shapes();
      shapes.put("synthesis.L0_36_6.up_filter", shape);
      String expected = "synthesis.L0_36_6.up_filter " + Arrays.toString(shape);
      String message = refusal(shapes);
      assertTrue(message.contains(expected + " instead of [12]"), message);
    }
  }

  @Test
  void weightsOfSomethingElseAreRefused() {
    String message = refusal(Map.of("model.diffusion_model.out.2.bias", new long[] {3}));
    assertTrue(message.contains("does not hold a StyleGAN-XL generator"), message);
    assertTrue(message.contains("model.diffusion_model.out.2.bias"), message);
  }

  @Test
  void seedDecidesTheWeights() {
    LibTorch.load();
    try (NamedTensors one = weights(1);
        NamedTensors same = weights(1);
        NamedTensors other = weights(2);
        PointerScope scope = new PointerScope()) {
      for (String name : one.names()) {
        assertTrue(torch.equal(one.get(name), same.get(name)), name);
      }
      String name = "synthesis.input.weight";
      assertTrue(!torch.equal(one.get(name), other.get(name)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 17})
  void imageCutAtAnyLayerIsTheWholeImage(int layer) {
    LibTorch.load();
    try (NamedTensors weights = weights(1);
        PointerScope scope = new PointerScope()) {
      StyleGan generator = StyleGan.of(weights, "random");
      assertEquals(18, generator.layers());
      Tensor ws = latents(generator, weights, 2);
      Tensor features = generator.toFeatures(weights, ws, layer);
      long[] shape = generator.featureShape(layer);
      assertArrayEquals(new long[] {2, shape[0], shape[1], shape[2]}, Tensors.shape(features));
      Tensor image = generator.fromFeatures(weights, ws, features, layer);
      assertTrue(torch.equal(generator.images(weights, ws), image));
      assertTrue(image.std().item_float() > 1e-3, "image without contrast");
    }
  }

  @Test
  void kernelsGiveTheImagesAndGradientsOfAutograd() {
    LibTorch.load();
    StyleGanConfig wide = StyleGanConfig.random(3, 32, 512, 32);
    int layer = 14;
    try (NamedTensors weights =
            StyleGan.initialise(wide, RandomStream.of(3, Purpose.PRIOR_INITIALISATION, 0, 0));
        PointerScope scope = new PointerScope()) {
      StyleGan generator = StyleGan.of(weights, "random");
      StyleGan quick = generator.with(new CpuKernels(2));
      Tensor ws = latents(generator, weights, 2).detach();
      Tensor features = generator.toFeatures(weights, ws, layer).detach();
      assertClose("features", features, quick.toFeatures(weights, ws, layer));
      Tensor[] leaves = {ws.clone().requires_grad_(true), features.clone().requires_grad_(true)};
      Tensor image = generator.fromFeatures(weights, leaves[0], leaves[1], layer);
      assertClose("image", image.detach(), quick.fromFeatures(weights, ws, features, layer));
      Tensor upstream = image.detach().flip(2);
      Tensor[] expected = Tensors.gradients(image, upstream, leaves, false);
      for (StyleGan some : List.of(generator, quick)) {
        StyleGan.Gradients found = some.pullBack(weights, ws, features, layer, upstream);
        assertClose("gradient of latents", expected[0], found.latents());
        assertClose("gradient of features", expected[1], found.features());
      }
    }
  }

  /** Single precision in another order, through four layers. */
  private static void assertClose(String name, Tensor expected, Tensor found) {
    double size = expected.norm().item_double();
    double error = found.sub(expected).norm().item_double();
    assertTrue(size > 0 && error <= 1e-4 * size, name + " is " + error + " off, of " + size);
  }

  @Test
  void imageDoesNotDependOnThoseBesideIt() {
    LibTorch.load();
    try (NamedTensors weights = weights(1);
        PointerScope scope = new PointerScope()) {
      StyleGan generator = StyleGan.of(weights, "random");
      Tensor ws = latents(generator, weights, 3);
      Tensor together = generator.images(weights, ws).narrow(0, 1, 1);
      Tensor alone = generator.images(weights, ws.narrow(0, 1, 1));
      Closeness.assertOfLargest(
          "image", Closeness.doubles(alone), Closeness.doubles(together), 1e-5);
    }
  }

  /**
   * The sizes that the published rules give, where the last layer left is sampled so often that its
   * filter ends beyond its stopband.
   */
  @Test
  void aStageContinuesFromTheFilterOfTheLayerBefore() {
    StyleGanConfig config =
        new StyleGanConfig(
            8,
            16,
            6,
            new StyleGanConfig.Embeddings(6, 10),
            3,
            16,
            4,
            96,
            8,
            List.of(new StyleGanConfig.Head(14, 4)));
    List<Integer> sizes =
        SynthesisPlan.of(config).stream().map(filtered -> filtered.layer().outSize()).toList();
    assertEquals(
        List.of(36, 36, 36, 52, 52, 52, 52, 52, 84, 84, 84, 84, 84, 84, 84, 64, 64), sizes);
  }

  @Test
  void everyLayerOfTheSmallestGeneratorHasAChannel() {
    for (SynthesisPlan.Filtered filtered : SynthesisPlan.of(StyleGanConfig.random(3, 32, 8, 6))) {
      assertTrue(
          filtered.layer().inChannels() >= 1 && filtered.layer().outChannels() >= 1,
          filtered::toString);
    }
  }
}
