package org.potstill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.errors.InputException;
import org.potstill.pipeline.RunOptions;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.Tensors;
import org.potstill.testing.TinyConfig;
import org.potstill.weights.Safetensors;

/** Runs on whitened images, and evaluations at the rate that was learned. */
class WhitenedRunTest {

  private static final String[] SMALL = {
    "data.validation-share=0.1",
    "data.resolution=16",
    "prune.mode=none",
    "distill.method=mtt",
    "distill.iterations=4",
    "distill.images-per-class=1",
    "distill.checkpoint-every=2",
    "distill.trajectory.steps=2",
    "distill.trajectory.expert-epochs=1",
    "distill.trajectory.max-start-epoch=1",
    "distill.trajectory.rate-learning-rate=1e-5",
    "experts.count=1",
    "experts.epochs=1",
    "evaluate.every=2",
    "evaluate.learned-rate=true",
    "data.whitening=zca"
  };

  private static final String INITIAL = "distilled/initial.safetensors";
  private static final String IMAGES = "distilled/distilled.safetensors";
  private static final String EXPERT = "experts/expert-0000.safetensors";
  private static final String ACCURACIES = "evaluation.json";

  @TempDir static Path shared;
  @TempDir Path temp;

  @BeforeAll
  static void whole() throws IOException {
    run(config(shared, "whole"), RunOptions.NEW);
  }

  private static Path whole(String file) {
    return shared.resolve("whole").resolve(file);
  }

  private static Config config(Path folder, String run, String... settings) throws IOException {
    List<String> all = new ArrayList<>(List.of(SMALL));
    all.addAll(Arrays.asList(settings));
    return TinyConfig.load(folder, folder.resolve(run), all.toArray(String[]::new));
  }

  private static void run(Config config, RunOptions options) {
    Potstill.run(config, options, RunListener.SILENT, new CancellationToken());
  }

  private static float[] images(Path file) {
    return tensor(file, "images");
  }

  private static float[] tensor(Path file, String name) {
    try (PointerScope scope = new PointerScope()) {
      return Tensors.toFloats(Safetensors.open(file).read(name));
    }
  }

  private static JsonNode protocol(Path run) throws IOException {
    return new ObjectMapper().readTree(run.resolve(ACCURACIES).toFile()).path("protocol");
  }

  @Test
  void networksSeeWhitenedImagesAndFilesHoldPlainOnes() throws IOException {
    Path plain = temp.resolve("plain");
    run(config(temp, "plain", "data.whitening=none"), RunOptions.NEW);
    assertArrayEquals(images(plain.resolve(INITIAL)), images(whole(INITIAL)), 1e-4f);
    assertFalse(Arrays.equals(images(plain.resolve(IMAGES)), images(whole(IMAGES))));
    String weight = "1/features.0.weight";
    assertFalse(
        Arrays.equals(tensor(plain.resolve(EXPERT), weight), tensor(whole(EXPERT), weight)));
    assertArrayEquals(
        tensor(plain.resolve(EXPERT), "0/features.0.weight"),
        tensor(whole(EXPERT), "0/features.0.weight"));
    assertEquals("zca", protocol(shared.resolve("whole")).path("whitening").asText());
    assertEquals("none", protocol(plain).path("whitening").asText());
  }

  @Test
  void aRunThatIsContinuedEndsAsOneThatWasNotStopped() throws IOException {
    run(config(temp, "run", "distill.iterations=2"), RunOptions.NEW);
    Path run = temp.resolve("run");
    assertEquals(
        -1, Files.mismatch(whole("whitening.safetensors"), run.resolve("whitening.safetensors")));
    Files.delete(run.resolve("whitening.safetensors"));
    run(config(temp, "run"), RunOptions.RESUME);
    for (String file : List.of(EXPERT, IMAGES, ACCURACIES)) {
      assertEquals(-1, Files.mismatch(whole(file), run.resolve(file)), file);
    }
  }

  @Test
  void networksAreTrainedAtTheRateThatWasLearned() throws IOException {
    String rate = Safetensors.open(whole(IMAGES)).metadata().get("learning_rate");
    JsonNode protocol = protocol(shared.resolve("whole"));
    assertEquals(rate, protocol.path("learned-rate").asText());
    assertEquals("convnet learned", protocol.path("learning-rate").path(0).asText());
    Path run = temp.resolve("given");
    run(
        config(temp, "given", "data.whitening=none", "evaluate.every=0", "distill.iterations=1"),
        RunOptions.NEW);
    String learned = Files.readString(run.resolve(ACCURACIES));
    String own = Safetensors.open(run.resolve(IMAGES)).metadata().get("learning_rate");
    run(
        config(
            temp,
            "given",
            "data.whitening=none",
            "evaluate.every=0",
            "distill.iterations=1",
            "evaluate.learned-rate=false",
            "evaluate.learning-rate=" + own),
        RunOptions.RESUME);
    ObjectMapper json = new ObjectMapper();
    assertEquals(
        json.readTree(learned).path("networks"),
        json.readTree(run.resolve(ACCURACIES).toFile()).path("networks"));
  }

  @Test
  void imagesWithoutALearnedRateAreRefusedBeforeAnythingIsForgotten() throws IOException {
    Path pictures = shared.resolve("whole/distilled/images");
    byte[] before = Files.readAllBytes(whole(ACCURACIES));
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.evaluate(
                    pictures,
                    config(shared, "whole"),
                    RunListener.SILENT,
                    new CancellationToken()));
    assertTrue(
        error.getMessage().startsWith("evaluate.learned-rate: " + pictures), error.getMessage());
    assertArrayEquals(before, Files.readAllBytes(whole(ACCURACIES)));
  }
}
