package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

/** Two derivatives of a ConvNet by tangents against autograd's through LibTorch's operators. */
class GradientPassTest {

  /** Single precision summed in another order, through up to five norms, there and back twice. */
  private static final double ROUNDING = 2e-4;

  private static final Kernels CPU = new CpuKernels(2);

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  static List<NetworkSpec> specs() {
    return ConvNetCases.specs();
  }

  private static GradientPass pass(
      Network network, NamedTensors state, Tensor images, List<String> asked, int classes) {
    Tensor labels =
        Tensors.indices(
            IntStream.range(0, (int) images.size(0)).map(image -> image % classes).toArray());
    return GradientPass.of(
        network,
        state,
        images,
        Pass.TRAIN,
        asked,
        logits -> torch.cross_entropy_loss(logits, labels));
  }

  private static void assertSame(NetworkSpec spec, int count, List<String> asked) {
    assertSame(spec, count, asked, false);
    assertSame(spec, count, asked, true);
  }

  private static void assertSame(
      NetworkSpec spec, int count, List<String> asked, boolean ofParameters) {
    Network plain = Networks.create(spec);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      Tensor images = ConvNetCases.images(spec, count);
      GradientPass own = pass(plain.with(CPU), state, images, asked, spec.classes());
      assertInstanceOf(ConvNetGradientPass.class, own);
      GradientPass autograd = pass(plain, state, images, asked, spec.classes());
      assertInstanceOf(GradientPass.Autograd.class, autograd);
      List<Tensor> expected = autograd.gradients();
      List<Tensor> actual = own.gradients();
      assertEquals(asked.size(), actual.size());
      double bound = ROUNDING * ConvNetCases.largest(expected.toArray(Tensor[]::new));
      List<Tensor> weights = new ArrayList<>();
      for (int i = 0; i < asked.size(); i++) {
        ConvNetCases.assertClose(asked.get(i), expected.get(i), actual.get(i), bound);
        weights.add(ConvNetCases.gaussian(200 + i, 1, Tensors.shape(expected.get(i))));
      }
      GradientPass.Derivative theirs = autograd.derivative(weights, ofParameters);
      GradientPass.Derivative ours = own.derivative(weights, ofParameters);
      ConvNetCases.assertClose(
          "derivative for the input",
          theirs.input(),
          ours.input(),
          ROUNDING * ConvNetCases.largest(theirs.input()));
      if (!ofParameters) {
        assertEquals(List.of(), ours.parameters());
        return;
      }
      assertEquals(asked.size(), ours.parameters().size());
      double largest = ConvNetCases.largest(theirs.parameters().toArray(Tensor[]::new));
      for (int i = 0; i < asked.size(); i++) {
        ConvNetCases.assertClose(
            "derivative for " + asked.get(i),
            theirs.parameters().get(i),
            ours.parameters().get(i),
            ROUNDING * largest);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void derivativesAreAutograds(NetworkSpec spec) {
    List<String> all = Networks.create(spec).parameterNames();
    assertSame(spec, 3, all);
    assertSame(spec, 1, all);
  }

  /** As the layer-wise distance of gradients leaves out biases and norms. */
  @ParameterizedTest
  @MethodSource("specs")
  void derivativesOfWeightsAloneAreAutograds(NetworkSpec spec) {
    List<String> weights =
        Networks.create(spec).state().stream()
            .filter(entry -> entry.shape().size() > 1)
            .map(StateEntry::name)
            .toList();
    assertSame(spec, 3, weights);
  }

  @ParameterizedTest
  @MethodSource("singles")
  void derivativesOfSingleParametersAreAutograds(String parameter) {
    assertSame(specs().get(1), 2, List.of(parameter));
  }

  static List<String> singles() {
    return List.of(
        "features.0.weight",
        "features.1.weight",
        "features.1.bias",
        "features.4.weight",
        "classifier.weight",
        "classifier.bias");
  }

  @Test
  void whatTheKernelCannotDoIsLeftToAutograd() {
    NetworkSpec gap =
        NetworkSpec.of("convnet-gap", 32, 3, 2).with(2, 8, Norm.INSTANCE, Pooling.AVG);
    Network network = Networks.create(gap).with(CPU);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(network)) {
      Tensor images = ConvNetCases.images(gap, 2);
      assertInstanceOf(
          GradientPass.Autograd.class,
          pass(network, state, images, List.of("classifier.weight"), 2));
    }
  }

  /** Two blocks of width 8: of 32 pixels, then of 16, each pooled; and the images. */
  @Test
  void whatAPassHoldsIsKnownWhereItIsOwn() {
    NetworkSpec spec = ConvNetCases.spec(32, 3, 10).with(2, 8, Norm.INSTANCE, Pooling.AVG);
    Network network = Networks.create(spec);
    try (PointerScope scope = new PointerScope()) {
      Tensor images = ConvNetCases.images(spec, 2);
      assertEquals(0, GradientPass.bytesPerImage(network, images));
      long pixels = 32 * 32 + 16 * 16 + 16 * 16 + 8 * 8;
      assertEquals(
          4 * (3 * 32 * 32 + 2 * 8 * pixels),
          GradientPass.bytesPerImage(network.with(CPU), images));
    }
  }

  /** The maps of one pass, lost in every one, would add up to 60 MB. */
  @Test
  @Tag("memory")
  void repeatedPassesKeepNativeMemoryFlat() {
    NetworkSpec spec = ConvNetCases.spec(32, 3, 10).with(3, 32, Norm.INSTANCE, Pooling.AVG);
    Network network = Networks.create(spec).with(CPU);
    List<String> asked = network.parameterNames();
    try (NamedTensors state = ConvNetCases.fresh(network)) {
      ResidentMemory.assertFlat(
          50,
          200,
          i -> {
            try (PointerScope scope = new PointerScope()) {
              GradientPass own =
                  pass(network, state, ConvNetCases.images(spec, 2), asked, spec.classes());
              own.inputDerivative(own.gradients());
            }
          });
    }
  }
}
