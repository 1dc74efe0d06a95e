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
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.DiffusionConfig;
import org.potstill.config.DistillConfig;
import org.potstill.config.DistillConfig.Init;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.PriorConfig;
import org.potstill.data.Normalisation;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.kernels.JavaKernels;
import org.potstill.prior.ldm.LatentDiffusion;
import org.potstill.prior.ldm.LatentSampler;
import org.potstill.prior.ldm.LatentSettings;
import org.potstill.prior.ldm.UNetSettings;
import org.potstill.prior.ldm.VqSettings;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

class Ld3mSpaceTest {

  private static final int CLASSES = 5;
  private static final int SIZE = 32;
  private static final DiffusionConfig.EncoderInput NORMALISED =
      DiffusionConfig.EncoderInput.NORMALISED;
  private static final DiffusionConfig.LastLayers DRAWN = DiffusionConfig.LastLayers.DRAWN;

  private final TinyRun tiny = new TinyRun();

  @TempDir private Path folder;

  @BeforeEach
  void tinyModel() {
    LibTorch.load();
    tiny.resolution = SIZE;
    tiny.imagesPerClass = 1;
    tiny.iterations = 4;
    tiny.prior = random(2, 3, NORMALISED);
  }

  private static PriorConfig random(int steps, int chunk, DiffusionConfig.EncoderInput input) {
    return prior(
        PriorConfig.Init.RANDOM, null, chunk, new DiffusionConfig(steps, 3, input, 32, 32, DRAWN));
  }

  private static PriorConfig prior(
      PriorConfig.Init init, Path weights, int chunk, DiffusionConfig diffusion) {
    return new PriorConfig(
        init,
        weights,
        0,
        0,
        PriorConfig.Codes.DRAWN,
        PriorConfig.Normalised.DATA,
        chunk,
        64,
        4,
        diffusion);
  }

  /** Weights with classes, the last of them for none, for images of 3 channels. */
  private PriorConfig trained(String file, PriorConfig.Init init) throws IOException {
    LatentDiffusion model =
        new LatentDiffusion(
            new LatentSettings(
                new UNetSettings(
                    3,
                    32,
                    List.of(new UNetSettings.Level(1, true), new UNetSettings.Level(2, true)),
                    1,
                    6,
                    UNetSettings.Heads.ONE),
                new VqSettings(3, 32, List.of(1, 1, 2), 1, 3, 3, 16),
                CLASSES + 1,
                1000));
    Path weights = folder.resolve(file);
    try (PointerScope scope = new PointerScope();
        NamedTensors state = model.initialise(RandomStream.of(1, Purpose.DROPOUT, 0, 0), false)) {
      // A checkpoint has more than the parameters.
      state.put("betas", torch.zeros(1000));
      state.put("model_ema.decay", torch.zeros(1));
      Safetensors.write(weights, state, Map.of());
    }
    return prior(init, weights, 3, new DiffusionConfig(2, 3, NORMALISED, 224, 128, DRAWN));
  }

  private Path run(String name) {
    Path run = folder.resolve(name);
    tiny.run(run);
    return run;
  }

  private static void assertSame(Path expected, Path actual, String file) throws IOException {
    assertEquals(-1, Files.mismatch(expected.resolve(file), actual.resolve(file)), file);
  }

  private static double[] values(Path run) {
    float[] pixels = TinyRun.pixels(run, DistilledSet.FILE);
    return IntStream.range(0, pixels.length).mapToDouble(i -> pixels[i]).toArray();
  }

  @ParameterizedTest
  @EnumSource
  void latentsAreDistilledByEveryMethod(Method method) throws IOException {
    tiny.method = method;
    tiny.iterations = 2;
    Path run = run("run");
    float[] before = TinyRun.pixels(run, DistilledSet.INITIAL_FILE);
    float[] after = TinyRun.pixels(run, DistilledSet.FILE);
    assertEquals(3 * SIZE * SIZE, after.length);
    assertFalse(Arrays.equals(before, after));
    Safetensors latents = Safetensors.open(run.resolve(LatentsFile.FILE));
    assertArrayEquals(new long[] {3, 3, SIZE / 4, SIZE / 4}, latents.shape("variables/latents"));
    assertFalse(latents.names().contains("variables/conditions"));
    assertEquals("2", latents.metadata().get("prior.steps"));
    assertEquals("ld3m", latents.metadata().get("space"));
  }

  @Test
  void lossFalls() throws IOException {
    tiny.iterations = 30;
    tiny.learningRate = 100;
    List<String> metrics = Files.readAllLines(run("falls").resolve("metrics.jsonl"));
    assertTrue(meanLoss(metrics.subList(25, 30)) < meanLoss(metrics.subList(0, 5)));
  }

  private static double meanLoss(List<String> lines) {
    return lines.stream()
        .mapToDouble(line -> Double.parseDouble(line.replaceAll(".*\"loss\":([\\d.eE-]+).*", "$1")))
        .average()
        .orElseThrow();
  }

  @Test
  void renderedImagesAreBitIdentical() throws IOException {
    Path run = run("run");
    Path out = folder.resolve("out");
    assertEquals(3, Rendering.render(run, out, null, null));
    assertSame(run, out, DistilledSet.FILE);
    assertSame(run, out, "distilled/images/dog_wolf/00.png");
  }

  /** Latents, the momentum of their optimiser and what the method learns go on. */
  @ParameterizedTest
  @EnumSource
  void resumedRunIsBitIdentical(Method method) throws IOException {
    tiny.method = method;
    Path whole = run("whole");
    tiny.stopAfter(3);
    Path resumed = folder.resolve("resumed");
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    tiny.goOn(resumed);
    for (String file : List.of(DistilledSet.FILE, DistilledSet.INITIAL_FILE, LatentsFile.FILE)) {
      assertSame(whole, resumed, file);
    }
    assertEquals(method == Method.MTT, TinyRun.learnedRate(resumed).isPresent());
  }

  @Test
  void chunkHardlyChangesTheResult() {
    tiny.iterations = 1;
    double[] three = values(run("three"));
    tiny.prior = random(2, 2, NORMALISED);
    double[] two = values(run("two"));
    Closeness.assertOfMaximum("images", three, two, 1e-4);
  }

  @Test
  void startCanBeNoiseAndTheEncoderCanSeeSymmetricPixels() {
    tiny.iterations = 1;
    double[] published = values(run("published"));
    tiny.prior = random(2, 3, DiffusionConfig.EncoderInput.SYMMETRIC);
    double[] symmetric = values(run("symmetric"));
    tiny.init = Init.NOISE;
    double[] noise = values(run("noise"));
    assertFalse(Arrays.equals(published, symmetric));
    assertFalse(Arrays.equals(symmetric, noise));
  }

  @Test
  void classesWithoutCounterpartHaveNoConditionAndAreNamedInAWarning() throws IOException {
    tiny.channels = 3;
    tiny.classIndex = Map.of("cat", 2);
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    Heard heard = new Heard();
    tiny.listener = heard;
    Path run = run("run");
    List<String> warnings = heard.warnings();
    assertEquals(1, warnings.size());
    assertTrue(warnings.get(0).contains("start without a condition"), warnings.get(0));
    Safetensors latents = Safetensors.open(run.resolve(LatentsFile.FILE));
    assertArrayEquals(new long[] {3, 1, 6}, latents.shape("variables/conditions"));
    Path out = folder.resolve("out");
    Rendering.render(run, out, null, null);
    assertSame(run, out, DistilledSet.FILE);
  }

  /** Real images are encoded as before; only what is decoded has the other means. */
  @Test
  void publishedNormalisationShiftsTheImages() throws IOException {
    tiny.channels = 3;
    tiny.asImageNet = true;
    tiny.iterations = 1;
    tiny.init = DistillConfig.Init.REAL;
    PriorConfig data = random(2, 3, DiffusionConfig.EncoderInput.SYMMETRIC);
    tiny.prior = data;
    float[] usual = TinyRun.pixels(run("usual"), DistilledSet.INITIAL_FILE);
    tiny.prior =
        new PriorConfig(
            data.init(),
            null,
            0,
            0,
            data.codes(),
            PriorConfig.Normalised.PUBLISHED,
            data.chunk(),
            data.channelBase(),
            data.channelMax(),
            data.diffusion());
    Path run = run("published");
    float[] shifted = TinyRun.pixels(run, DistilledSet.INITIAL_FILE);
    double[] shift = {(0.485 - 0.4377) / 0.229, (0.456 - 0.4438) / 0.224, (0.406 - 0.4728) / 0.225};
    for (int i = 0; i < usual.length; i++) {
      assertEquals(usual[i] + shift[i / (SIZE * SIZE) % 3], shifted[i], 1e-5);
    }
    Path out = folder.resolve("out");
    Rendering.render(run, out, null, null);
    assertSame(run, out, DistilledSet.FILE);
  }

  private static Ld3mSettings settings(int steps, int chunk) {
    PriorUse use =
        new PriorUse(
            PriorConfig.Init.RANDOM, null, "", 5, 1, SIZE, PriorConfig.Normalised.DATA, chunk);
    return new Ld3mSettings(use, 32, 32, DRAWN, steps, 3);
  }

  private static Ld3mPrior small(int steps) {
    return Ld3mPrior.exact(
        settings(steps, 2),
        new Normalisation(List.of(0.5), List.of(0.25)),
        new JavaKernels(),
        Placement.CPU);
  }

  private static LatentSampler.Inputs inputs(Ld3mPrior prior, long iteration) {
    long[] shape = prior.latentShape();
    return new LatentSampler.Inputs(
        Ld3mStart.noise(1, shape, 1, Purpose.IMAGE_INITIALISATION, 0),
        null,
        Ld3mStart.noise(1, shape, 1, Purpose.PRIOR_NOISE, iteration));
  }

  @Test
  void noiseIsAFunctionOfTheIteration() {
    try (Ld3mPrior prior = small(2);
        PointerScope scope = new PointerScope();
        Ld3mPrior.Shown first = prior.images(inputs(prior, 0));
        Ld3mPrior.Shown again = prior.images(inputs(prior, 0));
        Ld3mPrior.Shown next = prior.images(inputs(prior, 1))) {
      assertTrue(first.images().equal(again.images()));
      assertFalse(first.images().equal(next.images()));
    }
  }

  @Test
  void tensorsAreGivenBack() {
    try (Ld3mPrior prior = small(3)) {
      long before = 0;
      long bytes = 0;
      for (int i = 0; i < 12; i++) {
        try (PointerScope scope = new PointerScope();
            Ld3mPrior.Shown shown = prior.images(inputs(prior, i))) {
          prior.pullBack(inputs(prior, i), shown, torch.ones_like(shown.images()));
        }
        if (i == 4) {
          before = Pointer.totalCount();
          bytes = Pointer.totalBytes();
        }
      }
      // One lost in every step would be seven more.
      assertTrue(Pointer.totalCount() <= before + 4, before + " " + Pointer.totalCount());
      assertTrue(Pointer.totalBytes() <= bytes + 4096, bytes + " " + Pointer.totalBytes());
    }
  }

  /** By the stage, and before anything runs. */
  private void assertRefused(String... parts) {
    InputException error = assertThrows(InputException.class, () -> run("refused"));
    InputException early = assertThrows(InputException.class, tiny::requireInputs);
    for (String part : parts) {
      assertTrue(error.getMessage().contains(part), error.getMessage());
      assertTrue(early.getMessage().contains(part), early.getMessage());
    }
  }

  @Test
  void tooFewImagesToStartFromAreRefusedBeforeAnythingRuns() {
    tiny.init = DistillConfig.Init.REAL;
    tiny.requireInputs();
    tiny.imagesPerClass = 7;
    InputException error = assertThrows(InputException.class, tiny::requireInputs);
    assertTrue(error.getMessage().contains("'cat' keeps 6"), error.getMessage());
  }

  @Test
  void resolutionThatTheModelCannotMakeIsRefused() {
    tiny.resolution = 40;
    assertRefused("data.resolution", "multiples of 32 pixels, not of 40; the nearest is 32");
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() throws IOException {
    Path file = folder.resolve("other.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("synthesis.input.freqs", torch.zeros(3, 3));
      state.put("mapping.fc0.weight", torch.zeros(3, 3));
      Safetensors.write(file, state, Map.of());
    }
    tiny.prior = prior(PriorConfig.Init.FFHQ, file, 3, tiny.prior.diffusion());
    assertRefused(
        "is not a checkpoint of a latent diffusion model: it has no UNet",
        "It looks like a StyleGAN generator.");
  }

  @Test
  void pickleOfTheOtherPriorIsRecognised() {
    Path file = FixtureFile.root().resolve("stylegan/tiny_superres_32.pkl");
    tiny.prior = prior(PriorConfig.Init.FFHQ, file, 3, tiny.prior.diffusion());
    assertRefused(file + " is not a checkpoint", "It looks like a StyleGAN generator.");
    assertFalse(Files.exists(folder.resolve("refused/distilled")), "nothing is left");
  }

  @Test
  void firstStageAloneIsRefusedAsWhatItIs() throws IOException {
    Path file = folder.resolve("vq.safetensors");
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("quantize.embedding.weight", torch.zeros(3, 3));
      state.put("decoder.conv_in.weight", torch.zeros(3, 3));
      Safetensors.write(file, state, Map.of());
    }
    tiny.prior = prior(PriorConfig.Init.FFHQ, file, 3, tiny.prior.diffusion());
    assertRefused("no UNet", "It looks like the first stage of a latent diffusion model.");
  }

  @Test
  void pickleThatAsksForCodeIsRefused() {
    Path file = FixtureFile.root().resolve("scorer/ckpt/MALICIOUS_do_not_torch_load_zip.pth");
    tiny.prior = prior(PriorConfig.Init.FFHQ, file, 3, tiny.prior.diffusion());
    assertRefused(file + " was refused");
    assertFalse(Files.exists(folder.resolve("refused/distilled")), "nothing is left");
  }

  @Test
  void missingWeightsAreToldWithWhatToFetch() {
    Path file = folder.resolve("nowhere.ckpt");
    tiny.prior = prior(PriorConfig.Init.FFHQ, file, 3, tiny.prior.diffusion());
    assertRefused(
        "distill.prior.weights: there is no file " + file,
        "https://ommer-lab.com/files/latent-diffusion/ffhq.zip (1.3 GB",
        "licence",
        "random needs no file");
  }

  @Test
  void classPastTheLastIsRefused() throws IOException {
    tiny.channels = 3;
    tiny.classIndex = Map.of("cat", CLASSES);
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    assertRefused("class 'cat' is given number 5, but the generator has classes 0 to 4");
  }

  @Test
  void chunkIsWhatFitsHalfOfTheMemory() {
    int all = Integer.MAX_VALUE;
    Ld3mSettings asked = settings(2, all);
    Normalisation normalisation = new Normalisation(List.of(0.5), List.of(0.25));
    try (Ld3mPrior fitted =
        Ld3mPrior.fitted(asked, normalisation, new JavaKernels(), Placement.CPU)) {
      long bytes = fitted.model().settings().pullBackBytes(SIZE);
      assertEquals(MemoryChunks.images(all, bytes, Placement.CPU), fitted.settings().use().chunk());
      assertTrue(fitted.settings().use().chunk() < all);
    }
    try (Ld3mPrior exact =
        Ld3mPrior.exact(asked, normalisation, new JavaKernels(), Placement.CPU)) {
      assertEquals(all, exact.settings().use().chunk());
    }
  }

  @Test
  void weightsThatLackATensorOrHaveAnotherAreRefused() throws IOException {
    tiny.channels = 3;
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    String missing = "model.diffusion_model.middle_block.1.norm.weight";
    replace("model.safetensors", missing, "unknown", null);
    assertRefused("missing " + missing, "not expected unknown");
  }

  /** As those that are told texts have, whose conditions come from another network. */
  @Test
  void modelsWithoutEmbeddingsOfClassesAreRefused() throws IOException {
    tiny.channels = 3;
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    String classes = "cond_stage_model.embedding.weight";
    replace("model.safetensors", classes, "cond_stage_model.transformer.weight", null);
    assertRefused("model.safetensors has a UNet that is told a condition, but no embeddings of");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.diffusion_model.input_blocks.0.0.weight",
        "first_stage_model.encoder.conv_in.weight",
        "first_stage_model.quantize.embedding.weight"
      })
  void modelsWithoutChannelsOrCodesAreRefused(String name) throws IOException {
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    try (PointerScope scope = new PointerScope()) {
      replace("model.safetensors", name, name, torch.zeros(0, 3, 3, 3));
    }
    assertRefused(
        name.startsWith("first_stage_model.")
            ? "model.safetensors has the UNet of a latent diffusion model, but no first stage"
            : "model.safetensors is not a checkpoint of a latent diffusion model: it has no UNet");
  }

  /**
   * Renames a tensor of a file and changes it.
   *
   * @param by null where it stays as it is
   */
  private void replace(String file, String name, String newName, Tensor by) throws IOException {
    Path path = folder.resolve(file);
    try (NamedTensors whole = Safetensors.open(path).readAll();
        NamedTensors changed = new NamedTensors()) {
      for (String each : whole.names()) {
        boolean meant = each.equals(name);
        changed.put(meant ? newName : each, meant && by != null ? by : whole.get(each));
      }
      Safetensors.write(path, changed, Map.of());
    }
  }

  @Test
  void cutOffWeightsAreRefused() throws IOException {
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    Path file = folder.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertRefused(file.toString());
  }

  @Test
  void initialisationWithoutClassesRefusesConditionalWeights() throws IOException {
    tiny.channels = 3;
    tiny.prior = trained("model.safetensors", PriorConfig.Init.FFHQ);
    assertRefused("distill.prior.init: ffhq does not fit");
  }

  @Test
  void greyImagesNeedARandomModel() throws IOException {
    tiny.prior = trained("model.safetensors", PriorConfig.Init.IMAGENET);
    assertRefused("makes images of 3 channels, but those of the data set have 1");
  }
}
