package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.data.RawImage;
import org.potstill.errors.InputException;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.ScorerResNet18;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.weights.Safetensors;

class PretrainedScoringTest extends ScoringTests {

  /** Also before a run is overwritten. */
  @Test
  void weightsOfAnotherNetworkAreToldBeforeAnythingRuns() throws IOException {
    Dataset data = new PatternDataset(20, 3, 1, "n01440764");
    ScoreStage.requireInputs(ConfigLoader.of(pretrained(weights(""))), data);
    Config config = ConfigLoader.of(pretrained(weights("", 10)));
    InputException error =
        assertThrows(InputException.class, () -> ScoreStage.requireInputs(config, data));
    assertTrue(error.getMessage().contains("fc.bias [10] instead of [1000]"), error.getMessage());
  }

  @Test
  void pretrainedLossesEqualThePlainWay() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    Path file = weights("");
    List<Scores.Entry> entries = score("run", data, pretrained(file)).entries();
    assertEquals(8, entries.size());
    assertEquals(8, data.reads());
    Network network = ScorerResNet18.of(3, 1000);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = Safetensors.open(file).readAll()) {
      for (int i = 0; i < entries.size(); i++) {
        float[] pixels =
            ImageTransforms.scorer(Normalisation.IMAGENET, 32)
                .apply(assertReads(data, data.training().get(i)));
        Tensor logits = network.logits(state, Tensors.of(pixels, 1, 3, 32, 32), Pass.EVAL).value();
        Tensor label = Tensors.of(new long[] {i < 4 ? 0 : 217}, 1);
        float expected = torch.cross_entropy_loss(logits, label).item_float();
        assertEquals(expected, entries.get(i).loss(), 2e-4f * Math.max(1, expected));
      }
    }
  }

  @Test
  void resolutionZeroIsThatOfTheData() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    Path file = weights("");
    Scores asked = score("asked", data, with(pretrained(file), "score.resolution=20"));
    assertEquals(asked, score("zero", data, with(pretrained(file), "score.resolution=0")));
  }

  @Test
  void lowPrecisionChangesLossesLittle() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    String[] settings = pretrained(weights(""));
    List<Scores.Entry> fine = score("fine", data, settings).entries();
    List<Scores.Entry> coarse =
        score("coarse", data, with(settings, "score.precision=bf16")).entries();
    assertNotEquals(fine, coarse);
    for (int i = 0; i < fine.size(); i++) {
      // A loss is a difference of logits, each with eight bits of mantissa along the way.
      assertEquals(fine.get(i).loss(), coarse.get(i).loss(), 0.02 * fine.get(i).loss());
    }
  }

  /** As a GPU has it: a batch is on its way while the next one is begun. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void batchesBegunAheadGiveTheSameScores(int ahead) throws IOException {
    PatternDataset data = new PatternDataset(10, 3, 4, "n01440764", "n02102040");
    String[] settings = with(pretrained(weights("")), "score.batch=3");
    Scores expected = score("plain", data, settings);
    try (RunDirectory directory = RunDirectory.open(folder.resolve("ahead"), Existing.RESUME)) {
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), SEED, 1);
      PretrainedScoring scoring =
          new PretrainedScoring(ConfigLoader.of(settings), data, context, new JavaKernels(), ahead);
      assertEquals(expected, scoring.run(Scored::scores));
    }
  }

  @Test
  void tf32ChangesNothingOnTheCpu() throws IOException {
    PatternDataset data = new PatternDataset(4, 3, 4, "n01440764", "n02102040");
    String[] settings = pretrained(weights(""));
    assertEquals(
        score("single", data, settings).entries(),
        score("tf32", data, with(settings, "score.precision=tf32")).entries());
  }

  private static RawImage assertReads(PatternDataset data, ImageRecord image) {
    try {
      return data.read(image);
    } catch (BadImageException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void classWithoutAnOutputIsAnError() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 2, "n01440764", "my dog");
    String[] settings = pretrained(weights(""));
    String message =
        assertThrows(InputException.class, () -> score("run", data, settings)).getMessage();
    assertTrue(message.contains("'my dog'"), message);
    assertTrue(message.contains("data.class-index"), message);
    String[] outside = Arrays.copyOf(settings, settings.length + 1);
    outside[settings.length] = "data.class-index={my dog: 1000}";
    message = assertThrows(InputException.class, () -> score("run", data, outside)).getMessage();
    assertEquals(
        "data.class-index: class 'my dog' is given number 1000, but the scorer has classes 0 to 999",
        message);
  }

  @Test
  void damagedWeightsAreAnError() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 2, "n01440764");
    String[] nan = pretrained(weights("layer1.0.conv1.weight"));
    String message = assertThrows(InputException.class, () -> score("run", data, nan)).getMessage();
    assertTrue(message.contains("layer1.0.conv1.weight"), message);
    Path file = weights("");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    assertThrows(InputException.class, () -> score("run", data, pretrained(file)));
  }
}
