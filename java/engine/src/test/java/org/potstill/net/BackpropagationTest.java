package org.potstill.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.kernels.CpuKernels;
import org.potstill.kernels.Kernels;
import org.potstill.net.Backpropagation.Output;
import org.potstill.net.Backpropagation.Wanted;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Precision;
import org.potstill.tensor.Tensors;
import org.potstill.testing.ResidentMemory;

/** The way through a ConvNet by the kernel against autograd's through LibTorch's operators. */
class BackpropagationTest {

  /** Single precision summed in another order, through up to five norms. */
  private static final double ROUNDING = 1e-4;

  private static final Kernels CPU = new CpuKernels(2);

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  static List<NetworkSpec> specs() {
    return ConvNetCases.specs();
  }

  private static Backpropagation way(
      Network network, NamedTensors state, Tensor images, Output output, Wanted wanted) {
    return Backpropagation.of(network, state, images, Pass.TRAIN, output, wanted);
  }

  private static void assertSameWay(
      NetworkSpec spec, Kernels kernels, int count, Output output, List<String> asked) {
    Network plain = Networks.create(spec);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      Tensor images = ConvNetCases.images(spec, count);
      Wanted wanted = new Wanted(asked, true);
      Backpropagation own = way(plain.with(kernels), state, images, output, wanted);
      assertInstanceOf(ConvNetBackpropagation.class, own);
      Backpropagation autograd = way(plain, state, images, output, wanted);
      assertInstanceOf(Backpropagation.Autograd.class, autograd);
      Tensor expected = autograd.output().value().detach();
      Tensor actual = own.output().value().detach();
      ConvNetCases.assertClose(
          "output", expected, actual, ROUNDING * ConvNetCases.largest(expected));
      Tensor weights = ConvNetCases.gaussian(101, 1, Tensors.shape(expected));
      Tensor[] wantedGradients = autograd.gradients(weights);
      Tensor[] gradients = own.gradients(weights);
      assertEquals(asked.size() + 1, gradients.length);
      // The bias before a norm has no influence: what is left of its gradient is rounding.
      double bound = ROUNDING * ConvNetCases.largest(wantedGradients);
      List<String> names = new ArrayList<>(asked);
      names.add("input");
      for (int i = 0; i < gradients.length; i++) {
        ConvNetCases.assertClose(names.get(i), wantedGradients[i], gradients[i], bound);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void gradientsOfEveryParameterAndTheInputAreAutograds(NetworkSpec spec) {
    List<String> all = Networks.create(spec).parameterNames();
    assertSameWay(spec, CPU, 3, Output.LOGITS, all);
    assertSameWay(spec, CPU, 1, Output.LOGITS, all);
    assertSameWay(spec, CPU, 3, Output.FEATURES, all);
  }

  @ParameterizedTest
  @EnumSource
  void someOfTheGradients(Output output) {
    NetworkSpec spec = specs().get(1);
    assertSameWay(spec, CPU, 2, output, List.of());
    assertSameWay(spec, CPU, 2, output, List.of("features.4.weight", "features.1.bias"));
    assertSameWay(spec, new CpuKernels(1), 2, output, List.of("features.0.weight"));
  }

  @Test
  void parametersOfTheLastBlocksAloneAreFound() {
    NetworkSpec spec = specs().get(1);
    Network plain = Networks.create(spec);
    Wanted wanted = new Wanted(List.of("features.4.weight", "classifier.bias"), false);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      Tensor images = ConvNetCases.images(spec, 2);
      Backpropagation own = way(plain.with(CPU), state, images, Output.LOGITS, wanted);
      Backpropagation autograd = way(plain, state, images, Output.LOGITS, wanted);
      Tensor weights = ConvNetCases.gaussian(101, 1, Tensors.shape(own.output().value()));
      Tensor[] expected = autograd.gradients(weights);
      Tensor[] actual = own.gradients(weights);
      assertEquals(2, actual.length);
      for (int i = 0; i < 2; i++) {
        ConvNetCases.assertClose(
            wanted.parameters().get(i),
            expected[i],
            actual[i],
            ROUNDING * ConvNetCases.largest(expected));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void outputsWithoutGradientsAreLibTorchs(NetworkSpec spec) {
    Network plain = Networks.create(spec);
    Network faster = plain.with(CPU);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      Tensor images = ConvNetCases.images(spec, 5);
      Tensor logits = plain.logits(state, images, Pass.EVAL).value();
      Tensor features = plain.embed(state, images, Pass.EVAL).value();
      ConvNetCases.assertClose(
          "logits",
          logits,
          faster.logits(state, images, Pass.EVAL).value(),
          ROUNDING * ConvNetCases.largest(logits));
      ConvNetCases.assertClose(
          "features",
          features,
          faster.embed(state, images, Pass.EVAL).value(),
          ROUNDING * ConvNetCases.largest(features));
    }
  }

  @Test
  void anotherPrecisionIsLeftToLibTorch() {
    NetworkSpec spec = specs().get(1);
    Network network = Networks.create(spec).with(CPU);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(network)) {
      Tensor images = ConvNetCases.images(spec, 2);
      try (Precision.Scope computing = Precision.BF16.on(images)) {
        assertInstanceOf(
            Backpropagation.Autograd.class,
            way(network, state, images, Output.LOGITS, Wanted.INPUT));
      }
    }
  }

  /** A pass that is to be differentiated twice keeps LibTorch's operators. */
  @Test
  void logitsCanBeDifferentiatedTwice() {
    NetworkSpec spec = specs().get(1);
    Network plain = Networks.create(spec);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = ConvNetCases.fresh(plain)) {
      Tensor weight = state.get("features.0.weight");
      List<Tensor> second = new ArrayList<>();
      for (Network network : List.of(plain, plain.with(CPU))) {
        Tensor images = ConvNetCases.images(spec, 2).requires_grad_(true);
        Tensor logits = network.logits(state, images, Pass.TRAIN).value();
        Tensor first =
            Tensors.gradients(logits.square().sum(), null, new Tensor[] {weight}, true)[0];
        second.add(Tensors.gradients(first.square().sum(), null, new Tensor[] {images}, false)[0]);
      }
      ConvNetCases.assertClose("second", second.get(0), second.get(1), 0);
    }
  }

  /** The maps of one pass, lost in every one, would add up to 60 MB. */
  @Test
  @Tag("memory")
  void repeatedWaysKeepNativeMemoryFlat() {
    NetworkSpec spec = ConvNetCases.spec(32, 3, 10).with(3, 32, Norm.INSTANCE, Pooling.AVG);
    Network network = Networks.create(spec).with(CPU);
    try (NamedTensors state = ConvNetCases.fresh(network)) {
      ResidentMemory.assertFlat(
          50,
          200,
          i -> {
            try (PointerScope scope = new PointerScope()) {
              Backpropagation way =
                  way(
                      network,
                      state,
                      ConvNetCases.images(spec, 2),
                      Output.LOGITS,
                      new Wanted(network.parameterNames(), true));
              way.gradients(way.output().value().detach());
            }
          });
    }
  }
}
