package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTest {

  @Test
  void crossIsTheMeanOverTheOtherNetworks() {
    Evaluation.NetworkResult convnet = new Evaluation.NetworkResult(List.of(0.9, 0.9));
    Evaluation.NetworkResult alexnet = new Evaluation.NetworkResult(List.of(0.2, 0.4));
    Evaluation.NetworkResult vit = new Evaluation.NetworkResult(List.of(0.4, 0.4));
    Evaluation.SetResult set =
        new Evaluation.SetResult(
            Map.of("convnet", convnet, "alexnet", alexnet, "vit", vit), "convnet");
    assertEquals(0.35, set.crossMean().orElseThrow(), 1e-12);
    assertEquals(0.05, set.crossStd().orElseThrow(), 1e-12);
    assertEquals(0.1, alexnet.std(), 1e-12);
  }
}
