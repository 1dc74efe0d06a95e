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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.PriorConfig;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.tensor.NamedTensors;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

class GladSpaceTest extends GladTests {

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
}
