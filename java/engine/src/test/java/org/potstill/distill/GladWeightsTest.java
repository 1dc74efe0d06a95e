package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.potstill.config.PriorConfig;
import org.potstill.errors.InputException;
import org.potstill.fixtures.FixtureFile;
import org.potstill.tensor.NamedTensors;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

class GladWeightsTest extends GladTests {

  /** A generator as StyleGAN-XL's authors publish theirs, but small. */
  private static final Path PICKLE = FixtureFile.root().resolve("stylegan/tiny_superres_32.pkl");

  /** Checkpoints are passed on in half precision; the engine computes in single. */
  @Test
  void weightsOfOtherPrecisionsAreTaken() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    tiny.iterations = 1;
    Path halves = as("half.safetensors", tensor -> tensor.to(torch.ScalarType.Half));
    Path rounded =
        as(
            "rounded.safetensors",
            tensor -> tensor.to(torch.ScalarType.Half).to(torch.ScalarType.Float));
    float[] expected = pixels("rounded", rounded);
    assertArrayEquals(expected, pixels("half", halves));
    Path doubles = as("double.safetensors", tensor -> tensor.to(torch.ScalarType.Double));
    assertArrayEquals(pixels("single", weights()), pixels("double", doubles));
  }

  @Test
  void weightsThatAreNotFiniteAreRefusedByName() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    tiny.prior = trained(as("nan.safetensors", tensor -> tensor.mul(new Scalar(Double.NaN))));
    assertStageRefuses("nan.safetensors: 'synthesis.input.weight' holds NaN or infinity");
  }

  private float[] pixels(String run, Path weights) {
    tiny.prior = trained(weights);
    return TinyRun.pixels(run(run), DistilledSet.FILE);
  }

  /** The weights with every tensor changed. */
  private Path as(String name, UnaryOperator<Tensor> change) throws IOException {
    Path file = folder.resolve(name);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = Safetensors.open(weights()).readAll();
        NamedTensors changed = state.map(change)) {
      Safetensors.write(file, changed, Map.of());
    }
    return file;
  }

  /** Before anything runs, not only by the stage. */
  private void assertRefused(String part) {
    InputException early = assertThrows(InputException.class, tiny::requireInputs);
    assertTrue(early.getMessage().contains(part), early.getMessage());
    assertStageRefuses(part);
  }

  private void assertStageRefuses(String part) {
    InputException error = assertThrows(InputException.class, () -> run("refused"));
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @Test
  void classPastTheLastIsRefused() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    tiny.prior = trained(weights());
    tiny.classIndex = Map.of("cat", CLASSES);
    assertRefused("class 'cat' is given number 5, but the generator has classes 0 to 4");
  }

  @Test
  void resolutionThatTheGeneratorDoesNotMakeIsRefused() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 8;
    tiny.prior = trained(weights());
    assertRefused("makes images of 16 pixels and 3 channels, not of 8 pixels");
  }

  @Test
  void layerPastTheLastIsRefused() {
    tiny.prior = random(18, 3);
    assertRefused("distill.prior.layer: 18 is past the last layer of the random generator");
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("features.0.weight", torch.zeros(3, 3));
      Safetensors.write(file, state, Map.of());
    }
    tiny.prior = trained(file);
    assertRefused("does not hold a StyleGAN-XL generator");
  }

  @Test
  void weightsOfTheOtherPriorAreRecognised() throws IOException {
    Path file = folder.resolve("cin.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("model.diffusion_model.time_embed.0.weight", torch.zeros(3, 3));
      Safetensors.write(file, state, Map.of());
    }
    tiny.prior = trained(file);
    assertRefused("does not hold a StyleGAN-XL generator");
    assertRefused("It looks like a latent diffusion model.");
  }

  @Test
  void publishedPickleIsTakenAsItIs() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 32;
    tiny.iterations = 1;
    tiny.prior = trained(PICKLE);
    tiny.classIndex = Map.of("cat", 0, "dog/wolf", 1, "eel", 2);
    Heard heard = new Heard();
    tiny.listener = heard;
    Path run = run("published");
    assertEquals(List.of(), heard.warnings());
    Path out = folder.resolve("out");
    Rendering.render(run, out, null, null);
    assertSame(run, out, DistilledSet.FILE);
  }

  @Test
  void cutOffPickleIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(PICKLE);
    Path cut = folder.resolve("cut.pkl");
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    tiny.prior = trained(cut);
    assertRefused(cut.toString());
    assertFalse(Files.exists(folder.resolve("refused/distilled")), "nothing is left");
  }

  @Test
  void layerPastTheLastOfTrainedWeightsIsRefused() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    Path file = weights();
    tiny.prior =
        new PriorConfig(
            PriorConfig.Init.IMAGENET,
            file,
            99,
            0.1,
            PriorConfig.Codes.MEAN,
            PriorConfig.Normalised.DATA,
            3,
            64,
            4,
            null);
    assertRefused("distill.prior.layer: 99 is past the last layer of " + file + "; allowed: 0 to ");
  }

  @Test
  void pickleThatAsksForCodeIsRefused() {
    Path file = FixtureFile.root().resolve("scorer/ckpt/MALICIOUS_plain_pickle.pkl");
    tiny.prior = trained(file);
    assertRefused(file + " was refused");
    assertFalse(Files.exists(folder.resolve("refused/distilled")), "nothing is left");
  }

  @Test
  void cutOffWeightsAreRefused() throws IOException {
    byte[] whole = Files.readAllBytes(weights());
    Path cut = folder.resolve("cut.safetensors");
    Files.write(cut, Arrays.copyOf(whole, whole.length / 2));
    tiny.prior = trained(cut);
    assertRefused(cut.toString());
  }

  @Test
  void missingWeightsAreNamed() {
    tiny.prior = trained(folder.resolve("nowhere.pkl"));
    assertRefused("distill.prior.weights: there is no file");
    assertRefused("docs/weights.md");
    assertRefused("random needs no file");
  }

  @Test
  void initialisationWithoutClassesRefusesConditionalWeights() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    tiny.prior =
        new PriorConfig(
            PriorConfig.Init.FFHQ,
            weights(),
            3,
            0.1,
            PriorConfig.Codes.DRAWN,
            PriorConfig.Normalised.DATA,
            3,
            64,
            4,
            null);
    assertRefused("distill.prior.init: ffhq does not fit");
  }
}
