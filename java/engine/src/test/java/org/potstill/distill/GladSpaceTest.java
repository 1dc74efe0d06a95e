package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.PriorConfig;
import org.potstill.data.Dataset;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.fixtures.Closeness;
import org.potstill.fixtures.FixtureFile;
import org.potstill.kernels.JavaKernels;
import org.potstill.prior.StyleGan;
import org.potstill.prior.StyleGanConfig;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.Devices;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Placement;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

class GladSpaceTest {

  private static final int CLASSES = 5;

  /** A generator as StyleGAN-XL's authors publish theirs, but small. */
  private static final Path PICKLE = FixtureFile.root().resolve("stylegan/tiny_superres_32.pkl");

  private final TinyRun tiny = new TinyRun();

  @TempDir private Path folder;

  @BeforeEach
  void tinyGenerator() {
    LibTorch.load();
    tiny.learningRate = 10;
    tiny.iterations = 4;
    tiny.prior = random(14, 3);
  }

  private static PriorConfig random(int layer, int chunk) {
    return new PriorConfig(
        PriorConfig.Init.RANDOM,
        null,
        layer,
        0.1,
        PriorConfig.Codes.DRAWN,
        PriorConfig.Normalised.DATA,
        chunk,
        64,
        4,
        null);
  }

  private PriorConfig trained(Path weights) {
    return new PriorConfig(
        PriorConfig.Init.IMAGENET,
        weights,
        3,
        0.1,
        PriorConfig.Codes.MEAN,
        PriorConfig.Normalised.DATA,
        3,
        64,
        4,
        null);
  }

  /** A class-conditional generator of 16 pixels. */
  private Path weights() throws IOException {
    StyleGanConfig config =
        new StyleGanConfig(
            8, 8, CLASSES, new StyleGanConfig.Embeddings(CLASSES, 6), 3, 16, 5, 64, 4, List.of());
    Path file = folder.resolve("generator.safetensors");
    try (NamedTensors state =
        StyleGan.initialise(config, RandomStream.of(1, Purpose.DROPOUT, 0, 0))) {
      Safetensors.write(file, state, Map.of());
    }
    return file;
  }

  private Path run(String name) {
    Path run = folder.resolve(name);
    tiny.run(run);
    return run;
  }

  private static void assertSame(Path expected, Path actual, String file) throws IOException {
    assertEquals(-1, Files.mismatch(expected.resolve(file), actual.resolve(file)), file);
  }

  @Test
  void latentsAreDistilledByEveryMethod() throws IOException {
    for (Method method : Method.values()) {
      tiny.method = method;
      Path run = run(method.name());
      float[] before = TinyRun.pixels(run, DistilledSet.INITIAL_FILE);
      float[] after = TinyRun.pixels(run, DistilledSet.FILE);
      assertEquals(6 * TinyRun.SIZE * TinyRun.SIZE, after.length);
      assertFalse(Arrays.equals(before, after), method.name());
      Safetensors latents = Safetensors.open(run.resolve(LatentsFile.FILE));
      assertArrayEquals(new long[] {6, 19, 4}, latents.shape("variables/w"));
      assertEquals("14", latents.metadata().get("prior.layer"));
      assertEquals("glad", latents.metadata().get("space"));
    }
  }

  /** The same latents, in other units: (x - m) / s with the means m of ImageNet or published. */
  @Test
  void publishedNormalisationShiftsTheImagesAndIsKeptForRendering() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    tiny.asImageNet = true;
    tiny.iterations = 1;
    PriorConfig data = random(14, 3);
    tiny.prior = data;
    float[] usual = TinyRun.pixels(run("usual"), DistilledSet.INITIAL_FILE);
    tiny.prior = published(data);
    tiny.requireInputs();
    Path run = run("published");
    float[] shifted = TinyRun.pixels(run, DistilledSet.INITIAL_FILE);
    double[] shift = {(0.485 - 0.4377) / 0.229, (0.456 - 0.4438) / 0.224, (0.406 - 0.4728) / 0.225};
    for (int i = 0; i < usual.length; i++) {
      assertEquals(usual[i] + shift[i / (16 * 16) % 3], shifted[i], 1e-5);
    }
    Path out = folder.resolve("out");
    Rendering.render(run, out, null, null);
    assertSame(run, out, DistilledSet.FILE);
  }

  @Test
  void publishedNormalisationBesideOtherRealImagesIsRefused() {
    tiny.prior = published(random(14, 3));
    InputException error = assertThrows(InputException.class, tiny::requireInputs);
    assertTrue(error.getMessage().startsWith("distill.prior.normalisation: published goes with"));
  }

  /** A checkpoint knows its settings by this text; older ones know of no such choice. */
  @Test
  void theUsualNormalisationIsNoSettingOfACheckpoint() {
    String source = "data.source=builtin:fashion-mnist-mini";
    String usual = DistillStage.identity(ConfigLoader.of(source, "distill.space=glad").distill());
    assertTrue(usual.contains("codes=DRAWN, chunk=10"), usual);
    String key = "distill.prior.normalisation=published";
    String other =
        DistillStage.identity(ConfigLoader.of(source, "distill.space=glad", key).distill());
    assertTrue(other.contains("codes=DRAWN, normalisation=PUBLISHED, chunk=10"), other);
  }

  private static PriorConfig published(PriorConfig prior) {
    return new PriorConfig(
        prior.init(),
        prior.weights(),
        prior.layer(),
        prior.learningRateW(),
        prior.codes(),
        PriorConfig.Normalised.PUBLISHED,
        prior.chunk(),
        prior.channelBase(),
        prior.channelMax(),
        prior.diffusion());
  }

  @Test
  void lossFalls() throws IOException {
    tiny.iterations = 30;
    Path run = run("falls");
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
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
    tiny.evaluateEvery = 2;
    Path run = run("run");
    Path out = folder.resolve("out");
    assertEquals(6, Rendering.render(run, out, null, null));
    assertSame(run, out, DistilledSet.FILE);
    assertSame(run, out, "distilled/images/dog_wolf/01.png");
    Files.copy(run.resolve(LatentsFile.historyFile(2)), out.resolve(LatentsFile.FILE));
    Rendering.render(out, out, null, null);
    assertEquals(
        -1,
        Files.mismatch(run.resolve(DistilledSet.historyFile(2)), out.resolve(DistilledSet.FILE)));
  }

  @Test
  void aPlaceThatCannotBeWrittenIsToldBeforeTheGeneratorIsRead() throws IOException {
    Path out = Files.createDirectory(folder.resolve("out"));
    Path none = folder.resolve("none");
    Path inTheWay = Files.writeString(out.resolve("distilled"), "mine");
    InputException error =
        assertThrows(InputException.class, () -> Rendering.render(none, out, null, null));
    assertEquals(
        "cannot write " + out.resolve(DistilledSet.FILE) + ": " + inTheWay + " is not a folder",
        error.getMessage());
    Files.delete(inTheWay);
    Files.createDirectory(inTheWay);
    Files.writeString(out.resolve("distilled/images"), "mine");
    error = assertThrows(InputException.class, () -> Rendering.render(none, out, null, null));
    assertTrue(error.getMessage().endsWith("distilled/images is not a folder"), error.getMessage());
  }

  @Test
  void aRunThatIsBeingWorkedOnIsReadButNotWritten() throws IOException {
    Path run = run("run");
    Path images = run.resolve(DistilledSet.FILE);
    Files.delete(images);
    try (RunDirectory working = RunDirectory.open(run, Existing.RESUME)) {
      InputException error =
          assertThrows(InputException.class, () -> Rendering.render(run, run, null, null));
      assertEquals(
          "another run is working in " + run + "; wait for it or choose another --out",
          error.getMessage());
      assertFalse(Files.exists(images));
      Rendering.render(run, folder.resolve("out"), null, null);
    }
    Rendering.render(run, run, null, null);
    assertSame(folder.resolve("out"), run, DistilledSet.FILE);
    RunDirectory.open(run, Existing.RESUME).close();
    assertFalse(Files.exists(folder.resolve("out/.lock")), "no run directory");
  }

  @Test
  void imagesOfAGpuAreMadeOnTheCpuWhereThereIsNone() throws IOException {
    assumeFalse(new Devices().unavailabilityCause().isEmpty(), "there is a GPU");
    Path run = run("run");
    Path file = run.resolve(LatentsFile.FILE);
    Safetensors written = Safetensors.open(file);
    assertEquals("cpu", written.metadata().get("device"));
    assertEquals("false", written.metadata().get("deterministic"));
    Path other = Files.createDirectory(folder.resolve("gpu"));
    Map<String, String> metadata = new HashMap<>(written.metadata());
    metadata.put("device", "cuda");
    metadata.put("deterministic", "true");
    metadata.put("prior.kernels", "cuda");
    try (NamedTensors all = written.readAll()) {
      Safetensors.write(other.resolve(LatentsFile.FILE), all, metadata);
    }
    assertEquals(6, Rendering.render(other, other, null, null));
    assertSame(run, other, "distilled/images/dog_wolf/01.png");
    assertEquals(6, Rendering.render(other, other, null, "auto"));
    InputException none =
        assertThrows(InputException.class, () -> Rendering.render(other, other, null, "cuda:1"));
    assertTrue(none.getMessage().startsWith("--device: cuda:1 cannot be used"), none.getMessage());
  }

  @Test
  void changedLatentsAreRefusedByName() throws IOException {
    Path run = run("run");
    assertNotRendered(run, "prior.layer", "-1", "does not tell how the images are made");
    assertNotRendered(run, "prior.chunk", "0", "does not tell how the images are made");
    assertNotRendered(run, "class_keys", "[\"a\"]", "label 1 is of no class");
    Path nan = folder.resolve("nan");
    try (NamedTensors all = Safetensors.open(run.resolve(LatentsFile.FILE)).readAll()) {
      all.get("variables/w").fill_(new Scalar(Double.NaN));
      assertNotRendered(run, nan, Map.of(), all, "'w' holds NaN or infinity");
    }
  }

  private void assertNotRendered(Path run, String key, String value, String part)
      throws IOException {
    try (NamedTensors all = Safetensors.open(run.resolve(LatentsFile.FILE)).readAll()) {
      assertNotRendered(run, folder.resolve(key), Map.of(key, value), all, part);
    }
  }

  private static void assertNotRendered(
      Path run, Path other, Map<String, String> changes, NamedTensors all, String part)
      throws IOException {
    Path file = Files.createDirectory(other).resolve(LatentsFile.FILE);
    Map<String, String> metadata =
        new HashMap<>(Safetensors.open(run.resolve(LatentsFile.FILE)).metadata());
    metadata.putAll(changes);
    Safetensors.write(file, all, metadata);
    InputException error =
        assertThrows(InputException.class, () -> Rendering.render(other, other, null, null));
    assertTrue(error.getMessage().contains(file.toString()), error.getMessage());
    assertTrue(error.getMessage().contains(part), error.getMessage());
    assertFalse(Files.exists(other.resolve("distilled")), "nothing is left");
  }

  /** Latents, the momentum of their optimiser and what the method learns go on. */
  @ParameterizedTest
  @EnumSource
  void resumedRunIsBitIdentical(Method method) throws IOException {
    tiny.method = method;
    Path whole = run("whole");
    tiny.listener =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (task.equals("distilling") && done == 3) {
              tiny.cancellation.cancel();
            }
          }
        };
    Path resumed = folder.resolve("resumed");
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    tiny.listener = RunListener.SILENT;
    tiny.cancellation = new CancellationToken();
    tiny.run(resumed);
    for (String file : List.of(DistilledSet.FILE, DistilledSet.INITIAL_FILE, LatentsFile.FILE)) {
      assertSame(whole, resumed, file);
    }
    assertEquals(method == Method.MTT, TinyRun.learnedRate(resumed).isPresent());
  }

  @Test
  void chunkHardlyChangesTheResult() {
    tiny.iterations = 1;
    double[] three = values(run("three"));
    tiny.prior = random(14, 1);
    double[] one = values(run("one"));
    Closeness.assertOfMaximum("images", three, one, 1e-4);
  }

  private static double[] values(Path run) {
    float[] pixels = TinyRun.pixels(run, DistilledSet.FILE);
    return IntStream.range(0, pixels.length).mapToDouble(i -> pixels[i]).toArray();
  }

  private static PriorUse use(int channels, int resolution, int chunk) {
    return new PriorUse(
        PriorConfig.Init.RANDOM,
        null,
        "",
        5,
        channels,
        resolution,
        PriorConfig.Normalised.DATA,
        chunk);
  }

  @Test
  void pullBackIsTheDerivativeOfTheImages() {
    PriorConfig prior = random(9, 2);
    GladSettings settings =
        new GladSettings(use(3, 12, 2), prior.channelBase(), prior.channelMax(), 9);
    try (GladPrior glad =
            GladPrior.exact(settings, Normalisation.IMAGENET, new JavaKernels(), Placement.CPU);
        NamedTensors gradients = new NamedTensors();
        PointerScope scope = new PointerScope()) {
      long[] map = glad.generator().featureShape(9);
      Tensor w = gaussian(0, 3, glad.generator().latents(), glad.generator().wDim());
      Tensor f = gaussian(1, 3, map[0], map[1], map[2]);
      Tensor up = gaussian(2, 3, 3, 12, 12);
      glad.pullBack(w, f, up, new String[] {"w", "f"}, gradients);
      for (String name : List.of("w", "f")) {
        Tensor direction = gradients.get(name);
        double step = 1e-2 / direction.norm().item_float();
        Tensor moved = direction.mul(new Scalar(step));
        Tensor ahead =
            name.equals("w") ? glad.images(w.add(moved), f) : glad.images(w, f.add(moved));
        Tensor behind =
            name.equals("w") ? glad.images(w.sub(moved), f) : glad.images(w, f.sub(moved));
        double change = ahead.sub(behind).mul(up).sum().item_float() / (2 * step);
        double square = direction.square().sum().item_float();
        assertEquals(1, change / square, 2e-2, name);
      }
    }
  }

  private static Tensor gaussian(int index, long... shape) {
    long size = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    float[] values = new float[Math.toIntExact(size)];
    RandomStream.of(7, Purpose.DROPOUT, 0, index).fillGaussian(values, 0, 1);
    return Tensors.of(values, shape);
  }

  @Test
  void tensorsAreGivenBack() {
    GladSettings settings = new GladSettings(use(1, 16, 2), 64, 4, 9);
    try (GladPrior glad =
        GladPrior.exact(
            settings,
            new Normalisation(List.of(0.5), List.of(0.25)),
            new JavaKernels(),
            Placement.CPU)) {
      long before = 0;
      long bytes = 0;
      for (int i = 0; i < 60; i++) {
        step(glad);
        if (i == 20) {
          before = Pointer.totalCount();
          bytes = Pointer.totalBytes();
        }
      }
      // One lost in every step would be forty more.
      assertTrue(Pointer.totalCount() <= before + 4, before + " " + Pointer.totalCount());
      assertTrue(Pointer.totalBytes() <= bytes + 4096, bytes + " " + Pointer.totalBytes());
    }
  }

  /** The codes that the mean of a class is taken over would add up over a thousand classes. */
  @Test
  void ofTheMeanCodeOfAClassNothingElseIsLeft() {
    Config config =
        ConfigLoader.of(
            "data.source=builtin:fashion-mnist-mini",
            "distill.space=glad",
            "distill.prior.codes=mean");
    RunContext context = new RunContext(null, RunListener.SILENT, new CancellationToken(), 1, 1);
    GladSettings settings = new GladSettings(use(1, 16, 2), 64, 4, 9);
    try (GladPrior glad =
            GladPrior.exact(
                settings,
                new Normalisation(List.of(0.5), List.of(0.25)),
                new JavaKernels(),
                Placement.CPU);
        Dataset data = new PatternDataset(16, 1, 1, "a", "b");
        PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      GladStart start = GladStart.of(glad, config, data, context);
      start.meanCode(0);
      long before = Pointer.totalCount();
      for (int i = 1; i <= 10; i++) {
        assertEquals(1, start.meanCode(i).size(0));
      }
      assertTrue(Pointer.totalCount() <= before + 10, before + " " + Pointer.totalCount());
    }
  }

  private static void step(GladPrior glad) {
    try (PointerScope scope = new PointerScope();
        NamedTensors gradients = new NamedTensors()) {
      long[] map = glad.generator().featureShape(9);
      Tensor w = gaussian(0, 3, glad.generator().latents(), glad.generator().wDim());
      Tensor f = gaussian(1, 3, map[0], map[1], map[2]);
      Tensor images = glad.images(w, f);
      glad.pullBack(w, f, torch.ones_like(images), new String[] {"w", "f"}, gradients);
    }
  }

  @Test
  void classesWithoutCounterpartAreDrawnAndNamedInAWarning() throws IOException {
    tiny.channels = 3;
    tiny.resolution = 16;
    tiny.prior = trained(weights());
    tiny.classIndex = Map.of("cat", 2);
    Heard heard = new Heard();
    tiny.listener = heard;
    Path run = run("drawn");
    List<String> warnings = heard.warnings();
    assertEquals(1, warnings.size());
    assertTrue(
        warnings.get(0).startsWith("2 of the classes have no counterpart in the generator, the"),
        warnings.get(0));
    Path moved = Files.move(folder.resolve("generator.safetensors"), folder.resolve("m.st"));
    InputException missing =
        assertThrows(InputException.class, () -> Rendering.render(run, folder, null, null));
    assertTrue(missing.getMessage().contains("there is no file"), missing.getMessage());
    Path out = folder.resolve("out");
    Rendering.render(run, out, moved, null);
    assertSame(run, out, DistilledSet.FILE);
    try (NamedTensors none = new NamedTensors()) {
      Safetensors.write(moved, none, Map.of());
    }
    InputException other =
        assertThrows(InputException.class, () -> Rendering.render(run, out, moved, null));
    assertTrue(other.getMessage().contains("is not the file that the latents"), other.getMessage());
  }

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
  void chunkIsWhatFitsHalfOfTheMemory() {
    GladSettings asked = new GladSettings(use(1, 16, Integer.MAX_VALUE), 64, 4, 9);
    Normalisation normalisation = new Normalisation(List.of(0.5), List.of(0.25));
    try (GladPrior fitted =
        GladPrior.fitted(asked, normalisation, new JavaKernels(), Placement.CPU)) {
      long bytes = fitted.generator().pullBackBytes(9);
      assertEquals(
          MemoryChunks.images(Integer.MAX_VALUE, bytes, Placement.CPU),
          fitted.settings().use().chunk());
      assertTrue(fitted.settings().use().chunk() < Integer.MAX_VALUE);
    }
    try (GladPrior exact =
        GladPrior.exact(asked, normalisation, new JavaKernels(), Placement.CPU)) {
      assertEquals(Integer.MAX_VALUE, exact.settings().use().chunk());
    }
    try (GladPrior ten =
        GladPrior.fitted(asked.withChunk(10), normalisation, new JavaKernels(), Placement.CPU)) {
      assertEquals(10, ten.settings().use().chunk());
    }
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

  @Test
  void renderOfARunInPixelsIsRefused() {
    tiny.prior = null;
    tiny.learningRate = 1;
    Path run = run("pixels");
    InputException error =
        assertThrows(InputException.class, () -> Rendering.render(run, folder, null, null));
    assertTrue(error.getMessage().contains("has no latents.safetensors"), error.getMessage());
  }
}
