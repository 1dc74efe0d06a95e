package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.data.PatternDataset;
import org.potstill.tensor.SideBySide;
import org.potstill.testing.TinyConfig;

class EvaluationTimeTest {

  /** Seconds that a network takes for an epoch on the 4 distilled images. */
  private static final double CONVNET = 1;

  private static final double RESNET = 10;

  @TempDir Path temp;

  /** 40 training images, 20 for validation and 20 for tests, in 2 classes with 2 images each. */
  private double seconds(Map<String, Double> epochs, String... settings) throws IOException {
    return seconds(epochs, new SideBySide(1, 1), settings);
  }

  private double seconds(Map<String, Double> epochs, SideBySide sideBySide, String... settings)
      throws IOException {
    List<String> given = new ArrayList<>(List.of("evaluate.repeats=3", "evaluate.epochs=100"));
    given.addAll(List.of(settings));
    Config config = TinyConfig.load(temp, temp.resolve("run"), given.toArray(String[]::new));
    try (PatternDataset data = new PatternDataset(28, 1, 20, "a", "b")) {
      Map<String, EvaluationTime.Epoch> all = new LinkedHashMap<>();
      epochs.forEach(
          (name, seconds) -> all.put(name, new EvaluationTime.Epoch(seconds, sideBySide)));
      return EvaluationTime.seconds(config, data, all);
    }
  }

  @Test
  void everyNetworkIsTrainedOnTheDistilledImagesAndMeasured() throws IOException {
    String[] plain = {"evaluate.every=0", "evaluate.baselines=[]"};
    // Measuring 20 images costs a third of 5 epochs of 4.
    assertEquals(3 * (100 + 5 / 3.0), seconds(Map.of("convnet", CONVNET), plain), 1e-9);
    assertEquals(
        11 * 3 * (100 + 5 / 3.0),
        seconds(Map.of("convnet", CONVNET, "resnet18", RESNET), plain),
        1e-9);
  }

  @Test
  void aLastRoundThatIsNotFullTakesAsLongAsOneThatIs() throws IOException {
    String[] plain = {"evaluate.every=0", "evaluate.baselines=[]"};
    // Three trainings on two threads: two rounds, where one and a half would be their share.
    assertEquals(
        3 * (100 + 5 / 3.0) * 2 / 1.5,
        seconds(Map.of("convnet", CONVNET), new SideBySide(2, 1), plain),
        1e-9);
    // Six trainings of two networks fill three.
    assertEquals(
        11 * 3 * (100 + 5 / 3.0),
        seconds(Map.of("convnet", CONVNET, "resnet18", RESNET), new SideBySide(2, 1), plain),
        1e-9);
  }

  @Test
  void kindsOfBaselinesCostWhatTheyHold() throws IOException {
    // Distilled, random, and all 40 images, which are 10 times as many.
    assertEquals(
        3 * (100 * (1 + 1 + 10) + 3 * 5 / 3.0),
        seconds(
            Map.of("convnet", CONVNET), "evaluate.every=0", "evaluate.baselines=[random, full]"),
        1e-9);
    // Chosen by features of the distilling network, trained for 30 epochs on all images.
    assertEquals(
        11 * 3 * (100 * 2 + 2 * 5 / 3.0) + 30 * 10 * CONVNET,
        seconds(
            Map.of("convnet", CONVNET, "resnet18", RESNET),
            "evaluate.every=0",
            "evaluate.baselines=[herding]",
            "evaluate.feature-epochs=30"),
        1e-9);
    // Of a network that is not among those evaluated, by what these take.
    assertEquals(
        RESNET * 3 * (100 * 2 + 2 * 5 / 3.0) + 30 * 10 * RESNET,
        seconds(
            Map.of("resnet18", RESNET),
            "evaluate.every=0",
            "evaluate.networks=[resnet18]",
            "evaluate.baselines=[k-center]",
            "evaluate.feature-epochs=30"),
        1e-9);
  }

  @Test
  void iterationsToChooseFromAreMeasuredFirst() throws IOException {
    // Iterations 5, 10 and 12 on the validation share, then the best of them on the tests.
    assertEquals(
        3 * (100 * 4 + 4 * 5 / 3.0),
        seconds(Map.of("convnet", CONVNET), "evaluate.every=5", "evaluate.baselines=[]"),
        1e-9);
    // Chosen on the tests, its accuracy is known by then.
    assertEquals(
        3 * (100 * 3 + 3 * 5 / 3.0),
        seconds(
            Map.of("convnet", CONVNET),
            "evaluate.every=5",
            "evaluate.protocol=paper",
            "evaluate.baselines=[]"),
        1e-9);
  }
}
