package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.potstill.config.ConfigLoader;
import org.potstill.config.EvaluateConfig;

class ChosenIterationTest {

  /** Convnet is best after 10 iterations, vit after 20 and 40, their mean after 30. */
  private static final ChosenIteration CHOICE =
      new ChosenIteration(
          new TreeMap<>(
              Map.of(
                  10, results(0.9, 0.1),
                  20, results(0.2, 0.8),
                  30, results(0.7, 0.7),
                  40, results(0.3, 0.8))));

  private static Map<String, Evaluation.NetworkResult> results(double convnet, double vit) {
    Map<String, Evaluation.NetworkResult> results = new LinkedHashMap<>();
    results.put("convnet", new Evaluation.NetworkResult(List.of(convnet, convnet)));
    results.put("vit", new Evaluation.NetworkResult(List.of(vit - 0.1, vit + 0.1)));
    return results;
  }

  private static EvaluateConfig choosingBy(String protocol) {
    return ConfigLoader.of(
            "data.source=builtin:fashion-mnist-mini",
            "distill.iterations=40",
            "evaluate.every=10",
            "evaluate.protocol=" + protocol)
        .evaluate();
  }

  @Test
  void theBestMeanIsChosen() {
    assertEquals(30, CHOICE.best());
    assertEquals(
        Map.of(10, 0.5, 20, 0.5, 30, 0.7, 40, 0.55),
        CHOICE.protocol(choosingBy("paper")).get("accuracy-by-iteration"));
  }

  @Test
  void ofSeveralThatAreEquallyGoodTheEarliestIsChosen() {
    Map<String, Evaluation.NetworkResult> first =
        Map.of("convnet", new Evaluation.NetworkResult(List.of(0.5, 0.7)));
    Map<String, Evaluation.NetworkResult> second =
        Map.of("convnet", new Evaluation.NetworkResult(List.of(0.6, 0.6)));
    ChosenIteration choice = new ChosenIteration(new TreeMap<>(Map.of(10, first, 20, second)));
    assertEquals(10, choice.best());
    assertEquals(first, choice.maxima(choosingBy("paper"), "convnet").orElseThrow().networks());
  }

  @Test
  void theProtocolSaysWhatItWasChosenOn() {
    assertEquals("test images", CHOICE.protocol(choosingBy("paper")).get("selected-on"));
    assertEquals("validation share", CHOICE.protocol(choosingBy("validation")).get("selected-on"));
    assertEquals(
        Map.of("selected-on", "nothing: the last iteration"),
        ChosenIteration.none().protocol(choosingBy("paper")));
  }

  @Test
  void testImagesAlsoGiveEveryNetworkItsOwnBest() {
    Evaluation.SetResult maxima = CHOICE.maxima(choosingBy("paper"), "convnet").orElseThrow();
    assertEquals(0.9, maxima.networks().get("convnet").mean(), 1e-12);
    assertEquals(List.of(0.7, 0.9), round(maxima.networks().get("vit").accuracies()));
    assertEquals(0.8, maxima.crossMean().orElseThrow(), 1e-12);
  }

  @Test
  void thereAreNoMaximaOfTheValidationShareOrWithoutAChoice() {
    assertEquals(Optional.empty(), CHOICE.maxima(choosingBy("validation"), "convnet"));
    ChosenIteration none = ChosenIteration.none();
    assertEquals(Optional.empty(), none.maxima(choosingBy("paper"), "convnet"));
    assertEquals(Collections.emptySortedMap(), none.results());
  }

  private static List<Double> round(List<Double> values) {
    return values.stream().map(value -> Math.round(1e9 * value) / 1e9).toList();
  }
}
