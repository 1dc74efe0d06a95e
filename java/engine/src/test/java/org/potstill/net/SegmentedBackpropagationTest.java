package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.fixtures.Tolerances;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.JavaKernels;
import org.potstill.kernels.Kernels;
import org.potstill.net.Backpropagation.Output;
import org.potstill.net.Backpropagation.Wanted;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

/** Networks whose layers go to kernels against the same by LibTorch's operators alone. */
class SegmentedBackpropagationTest {

  /** Single precision in another order, through up to twenty norms, of the largest value. */
  private static final double ROUNDING = 2e-4;

  /**
   * Of a gradient, in the mean square: as for the published networks. A value over the kink of a
   * ReLU makes up to 1.5 percent in ResNet-18, by LibTorch's operators in single precision as well.
   */
  private static final double KINKS = Tolerances.NETWORK_INPUT_GRADIENT;

  private static final Kernels CPU = new CpuKernels(2);

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  static List<NetworkSpec> specs() {
    NetworkSpec convNet = NetworkSpec.of("convnet", 20, 3, 4);
    return List.of(
        NetworkSpec.of("resnet18", 32, 3, 10).with(Norm.INSTANCE),
        NetworkSpec.of("resnet18", 32, 3, 10).with(Norm.BATCH),
        NetworkSpec.of("vgg11", 32, 3, 10).with(Norm.INSTANCE),
        NetworkSpec.of("vgg11", 64, 3, 3).with(Norm.BATCH),
        NetworkSpec.of("alexnet", 32, 3, 10),
        convNet.with(2, 32, Norm.BATCH, Pooling.AVG),
        convNet.with(2, 16, Norm.NONE, Pooling.AVG),
        convNet.with(2, 48, Norm.INSTANCE, Pooling.MAX),
        convNet.with(2, 16, Norm.INSTANCE, Pooling.AVG).with(Activation.SIGMOID),
        NetworkSpec.of("convnet-gap", 32, 3, 2).with(2, 16, Norm.INSTANCE, Pooling.AVG));
  }

  @ParameterizedTest
  @MethodSource("specs")
  void everyGradientEqualsThatOfAutograd(NetworkSpec spec) {
    for (Output output : Output.values()) {
      assertSameWay(Networks.create(spec), ConvNetCases.images(spec, 5), output);
    }
  }

  @Test
  void everyGradientOfTheScorerEqualsThatOfAutograd() {
    try (PointerScope scope = new PointerScope()) {
      Tensor images = ConvNetCases.gaussian(100, 1, 6, 3, 64, 48);
      assertSameWay(ScorerResNet18.of(3, 5), images, Output.LOGITS);
    }
  }

  private static void assertSameWay(Network plain, Tensor images, Output output) {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      List<String> names = plain.parameterNames();
      Wanted wanted = new Wanted(names, true);
      Backpropagation own = way(plain.with(CPU), state, images, output, wanted);
      int cuts = assertInstanceOf(SegmentedBackpropagation.class, own).cuts();
      assertTrue(cuts > 0, "no layer went to a kernel");
      Backpropagation autograd = way(plain, state, images, output, wanted);
      assertInstanceOf(Backpropagation.Autograd.class, autograd);
      Tensor expected = autograd.output().value().detach();
      assertClose("output", expected, own.output().value().detach());
      assertSameBuffers(autograd.output().buffers(), own.output().buffers());
      Tensor weights = ConvNetCases.gaussian(101, 1, Tensors.shape(expected));
      Tensor[] gradients = own.gradients(weights);
      assertEquals(names.size() + 1, gradients.length);
      Tensor[] exact = exactGradients(plain, state, images, output, wanted, weights);
      // The bias before a norm has no influence: what is left of its gradient is rounding.
      double floor = 1e-3 * ConvNetCases.largest(exact);
      for (int i = 0; i < gradients.length; i++) {
        String name = i < names.size() ? names.get(i) : "input";
        assertNear(name, exact[i], gradients[i], floor);
        assertTrue(gradients[i].is_contiguous(), name);
      }
    }
  }

  private static void assertNear(String name, Tensor expected, Tensor found, double floor) {
    double error = found.sub(expected).norm().item_double();
    double size = Math.max(floor, expected.norm().item_double());
    assertTrue(size > 0 && error <= KINKS * size, name + " is " + error + " off, of " + size);
  }

  private static Tensor[] exactGradients(
      Network network,
      NamedTensors state,
      Tensor images,
      Output output,
      Wanted wanted,
      Tensor weights) {
    try (NamedTensors exact = new NamedTensors()) {
      for (String name : state.names()) {
        Tensor value = state.get(name).detach();
        boolean number = value.is_floating_point();
        Tensor precise = number ? value.to(torch.ScalarType.Double) : value;
        exact.put(name, precise.requires_grad_(wanted.parameters().contains(name)));
      }
      Backpropagation way = way(network, exact, images.to(torch.ScalarType.Double), output, wanted);
      way.output().buffers().close();
      return way.gradients(weights.to(torch.ScalarType.Double));
    }
  }

  private static Backpropagation way(
      Network network, NamedTensors state, Tensor images, Output output, Wanted wanted) {
    return Backpropagation.of(network, state, images, Pass.TRAIN, output, wanted);
  }

  private static void assertSameBuffers(NamedTensors expected, NamedTensors actual) {
    assertEquals(expected.names(), actual.names());
    for (String name : expected.names()) {
      assertClose(name, expected.get(name), actual.get(name));
    }
    expected.close();
    actual.close();
  }

  private static void assertClose(String what, Tensor expected, Tensor actual) {
    ConvNetCases.assertClose(
        what, expected, actual, ROUNDING * Math.max(1e-3, ConvNetCases.largest(expected)));
  }

  @ParameterizedTest
  @MethodSource("specs")
  void whatIsNotWantedIsNotFound(NetworkSpec spec) {
    Network network = Networks.create(spec).with(CPU);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(network)) {
      Tensor images = ConvNetCases.images(spec, 2);
      List<String> names = network.parameterNames();
      List<String> some = List.of(names.get(names.size() - 2), names.get(0));
      Tensor[] all = gradients(network, state, images, new Wanted(names, true));
      Tensor[] found = gradients(network, state, images, new Wanted(some, false));
      assertEquals(2, found.length);
      ConvNetCases.assertClose(some.get(0), all[names.size() - 2], found[0], 0);
      ConvNetCases.assertClose(some.get(1), all[0], found[1], 0);
    }
  }

  private static Tensor[] gradients(
      Network network, NamedTensors state, Tensor images, Wanted wanted) {
    Backpropagation way = way(network, state, images, Output.LOGITS, wanted);
    way.output().buffers().close();
    return way.gradients(ConvNetCases.gaussian(7, 1, Tensors.shape(way.output().value())));
  }

  @ParameterizedTest
  @MethodSource("specs")
  void aPassWithoutGradientsEqualsLibTorchs(NetworkSpec spec) {
    Network plain = Networks.create(spec);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      Tensor images = ConvNetCases.images(spec, 7);
      Network faster = plain.with(CPU);
      assertClose(
          "logits",
          plain.logits(state, images, Pass.EVAL).value(),
          faster.logits(state, images, Pass.EVAL).value());
      assertClose(
          "features",
          plain.embed(state, images, Pass.EVAL).value(),
          faster.embed(state, images, Pass.EVAL).value());
    }
  }

  /** A pass that autograd is to record does not go to kernels, whichever operand wants it. */
  @ParameterizedTest
  @MethodSource("specs")
  void whatAutogradRecordsHasItsHistory(NetworkSpec spec) {
    Network plain = Networks.create(spec);
    Network faster = plain.with(CPU);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      List<String> names = plain.parameterNames();
      names.forEach(name -> state.get(name).requires_grad_(false));
      Tensor images = ConvNetCases.images(spec, 1);
      for (String name : List.of(names.get(1), names.get(3), names.get(names.size() - 3))) {
        Tensor parameter = state.get(name).requires_grad_(true);
        Tensor[] asked = {parameter};
        Tensor expected = Tensors.gradients(sum(plain, state, images), null, asked, false)[0];
        Tensor found = Tensors.gradients(sum(faster, state, images), null, asked, false)[0];
        assertNear(name, expected, found, 0);
        parameter.requires_grad_(false);
      }
    }
  }

  private static Tensor sum(Network network, NamedTensors state, Tensor images) {
    return network.logits(state, images, Pass.EVAL).value().square().sum();
  }

  @Test
  void otherNormsOtherKernelsAndAnotherPrecisionAreLeftToLibTorch() {
    NetworkSpec convNet = NetworkSpec.of("convnet", 16, 3, 2);
    for (Norm norm : List.of(Norm.GROUP, Norm.LAYER)) {
      Network network = Networks.create(convNet.with(2, 16, norm, Pooling.AVG));
      assertSame(network, network.with(CPU));
    }
    NetworkSpec spec = specs().get(0);
    Network network = Networks.create(spec);
    assertSame(network, network.with(new JavaKernels()));
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(network)) {
      Tensor images = ConvNetCases.images(spec, 2);
      try (Precision.Scope computing = Precision.BF16.on(images)) {
        assertInstanceOf(
            Backpropagation.Autograd.class,
            way(network.with(CPU), state, images, Output.LOGITS, Wanted.INPUT));
      }
    }
  }

  /** A copy is another network: the one that it was made from stays as it was. */
  @Test
  void theNetworkItselfStaysAsItWas() {
    Network plain = Networks.create(specs().get(4));
    Network faster = plain.with(CPU);
    assertTrue(plain != faster && plain.name().equals(faster.name()));
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      assertInstanceOf(
          Backpropagation.Autograd.class,
          way(plain, state, ConvNetCases.images(specs().get(4), 1), Output.LOGITS, Wanted.INPUT));
    }
  }

  /** The maps of one pass, lost in every one, would add up to several GB. */
  @Test
  @Tag("memory")
  void repeatedWaysKeepNativeMemoryFlat() {
    NetworkSpec spec = NetworkSpec.of("resnet18", 32, 3, 10).with(Norm.INSTANCE);
    Network network = Networks.create(spec).with(CPU);
    try (NamedTensors state = ConvNetCases.fresh(network)) {
      ResidentMemory.assertFlat(
          30,
          60,
          i -> {
            try (PointerScope scope = new PointerScope()) {
              gradients(
                  network,
                  state,
                  ConvNetCases.images(spec, 2),
                  new Wanted(network.parameterNames(), true));
            }
          });
    }
  }
}
