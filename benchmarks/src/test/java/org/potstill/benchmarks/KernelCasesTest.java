package org.potstill.benchmarks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.tensor.EngineKernels;

class KernelCasesTest {

  static Stream<Supplier<KernelCase>> operations() {
    return KernelRatioGuard.operations().stream();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void kernelsEqualLibTorch(Supplier<KernelCase> operation) {
    operation.get().check(EngineKernels.byName("cpu", KernelCase.THREADS));
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("operations")
  void kernelsReachTheirTargets(Supplier<KernelCase> operation) {
    KernelRatioGuard.Result result = KernelRatioGuard.measure(operation.get());
    assertTrue(result.reached(), result::toString);
  }
}
