package org.potstill.benchmarks;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.errors.InputException;
import org.potstill.tensor.Devices;
import org.potstill.tensor.Placement;

class KernelCasesTest {

  static Stream<Function<Placement, KernelCase>> operations() {
    return KernelRatioGuard.operations().stream();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void kernelsEqualLibTorch(Function<Placement, KernelCase> operation) {
    try (Provider provider = Provider.of(Provider.CPU)) {
      operation.apply(provider.place()).check(provider.kernels());
    }
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("operations")
  void kernelsReachTheirTargets(Function<Placement, KernelCase> operation) {
    try (Provider provider = Provider.of(Provider.CPU)) {
      KernelRatioGuard.Result result =
          KernelRatioGuard.measure(operation.apply(provider.place()), provider);
      assertTrue(result.reached(), result::toString);
    }
  }

  @Tag("gpu")
  @ParameterizedTest
  @MethodSource("operations")
  void cudaKernelsEqualLibTorch(Function<Placement, KernelCase> operation) {
    Assumptions.assumeTrue(
        new Devices().unavailabilityCause().isEmpty(), new Devices()::unavailabilityCause);
    try (Provider provider = Provider.of(Provider.CUDA)) {
      KernelCase current = operation.apply(provider.place());
      Assumptions.assumeTrue(current.runsOnGpu(), "there is no CUDA kernel for " + current.name());
      current.check(provider.kernels());
    }
  }

  @Test
  void nameOfNoOperationIsAnErrorThatNamesThem() {
    try (Provider provider = Provider.of(Provider.CPU)) {
      for (List<String> names : List.of(List.of("scoore"), List.of("score", "--cuuda"))) {
        Exception error =
            assertThrows(InputException.class, () -> KernelRatioGuard.print(names, provider));
        assertTrue(error.getMessage().contains("\n  score"), error.getMessage());
      }
    }
  }

  @Test
  void providerThatCannotRunHereIsAnErrorThatSaysWhy() {
    String cause = new Devices().unavailabilityCause();
    Assumptions.assumeFalse(cause.isEmpty(), "a GPU works here");
    for (String name : List.of(Provider.CUDA, Provider.LIBTORCH_ON_GPU)) {
      Exception error = assertThrows(InputException.class, () -> Provider.of(name));
      assertTrue(error.getMessage().contains(cause), error.getMessage());
    }
    assertThrows(InputException.class, () -> Provider.of("gpu"));
  }
}
