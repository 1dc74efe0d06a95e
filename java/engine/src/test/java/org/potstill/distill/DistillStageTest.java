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
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.potstill.config.DistillConfig.Init;
import org.potstill.config.DistillConfig.Method;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.net.Network;
import org.potstill.net.NetworkProvider;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pooling;
import org.potstill.run.Checkpoints;
import org.potstill.run.Checksums;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

class DistillStageTest {

  private final TinyRun tiny = new TinyRun();

  @TempDir private Path folder;

  @BeforeEach
  void loadLibTorch() {
    LibTorch.load();
  }

  private Path run(String name) {
    Path run = folder.resolve(name);
    tiny.run(run);
    return run;
  }

  @Test
  void everyFileOfTheContractIsWritten() throws IOException {
    tiny.evaluateEvery = 4;
    Path run = run("a");
    try (DistilledSet set = DistilledSet.read(run.resolve(DistilledSet.FILE))) {
      assertEquals(6, set.images().size(0));
      assertArrayEquals(new int[] {0, 0, 1, 1, 2, 2}, set.labelValues());
      assertEquals(TinyRun.CLASSES, set.description().classNames());
      assertEquals("dm", set.description().method());
      assertEquals(List.of(0.5), set.description().normalisation().mean());
    }
    assertTrue(Files.exists(run.resolve("distilled/images/dog_wolf/01.png")));
    assertTrue(Files.exists(run.resolve("distilled/history/000004.safetensors")));
    assertTrue(Files.exists(run.resolve("distilled/history/000006.safetensors")));
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertEquals(6, metrics.size());
    assertTrue(metrics.get(5).matches(".*\"stage\":\"distill\",\"step\":6,.*\"loss\":[\\d.]+.*"));
    assertFalse(
        Arrays.equals(
            TinyRun.pixels(run, DistilledSet.INITIAL_FILE),
            TinyRun.pixels(run, DistilledSet.FILE)));
  }

  @Test
  void resumedRunIsBitIdentical() throws IOException {
    Path whole = run("whole");
    tiny.stopAfter(3);
    Path resumed = folder.resolve("resumed");
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    assertFalse(Files.exists(resumed.resolve(DistilledSet.FILE)));
    tiny.goOn(resumed);
    for (String file : List.of(DistilledSet.FILE, DistilledSet.INITIAL_FILE)) {
      assertEquals(-1, Files.mismatch(whole.resolve(file), resumed.resolve(file)), file);
    }
    assertEquals(6, Files.readAllLines(resumed.resolve("metrics.jsonl")).size());
  }

  @Test
  void distillingAnewLeavesNothingOfTheEarlierImages() throws IOException {
    tiny.evaluateEvery = 2;
    Path run = run("run");
    assertTrue(Files.exists(run.resolve("distilled/history/000006.safetensors")));
    tiny.iterations = 4;
    tiny.imagesPerClass = 1;
    // As a distillation in a latent space leaves them.
    Path latents = Files.writeString(run.resolve(LatentsFile.FILE), "");
    Path history = run.resolve(LatentsFile.historyFile(6));
    Files.createDirectories(history.getParent());
    Files.writeString(history, "");
    for (int step = 4; step <= 6; step++) {
      Files.deleteIfExists(run.resolve("checkpoints/distill-00000000" + step + ".safetensors"));
    }
    tiny.run(run);
    assertFalse(Files.exists(run.resolve("distilled/history/000006.safetensors")));
    assertFalse(Files.exists(latents));
    assertFalse(Files.exists(history));
    assertTrue(Files.exists(run.resolve("distilled/history/000004.safetensors")));
    assertTrue(Files.exists(run.resolve("distilled/images/dog_wolf/00.png")));
    assertFalse(Files.exists(run.resolve("distilled/images/dog_wolf/01.png")));
  }

  @Test
  void runWithoutItsNewestCheckpointIsBitIdenticalToo() throws IOException {
    Path whole = run("whole");
    Path killed = run("killed");
    Files.delete(killed.resolve("checkpoints/distill-000000006.safetensors"));
    Files.delete(killed.resolve(DistilledSet.FILE));
    tiny.run(killed);
    assertEquals(
        -1, Files.mismatch(whole.resolve(DistilledSet.FILE), killed.resolve(DistilledSet.FILE)));
  }

  @Test
  void extendedRunEqualsALongerOne() throws IOException {
    Path extended = run("extended");
    tiny.iterations = 9;
    tiny.run(extended);
    Path whole = run("whole");
    assertEquals(
        -1, Files.mismatch(whole.resolve(DistilledSet.FILE), extended.resolve(DistilledSet.FILE)));
  }

  @Test
  void noiseTakesMoreImagesThanAClassHas() {
    tiny.init = Init.NOISE;
    tiny.imagesPerClass = 8;
    assertEquals(
        3 * 8 * TinyRun.SIZE * TinyRun.SIZE,
        TinyRun.pixels(run("noise"), DistilledSet.FILE).length);
  }

  @Test
  void tooFewImagesToStartFromIsAnErrorThatNamesTheClass() {
    tiny.imagesPerClass = 7;
    InputException error = assertThrows(InputException.class, () -> run("few"));
    assertTrue(error.getMessage().contains("'cat' keeps 6"), error.getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void divergenceNamesTheIterationAndKeepsTheLastCheckpoint(Method method) throws IOException {
    tiny.method = method;
    tiny.learningRate = 1e30;
    assertGoodCheckpointIsLeft("distillation diverged: at iteration 2 the .*");
  }

  @Test
  void divergenceNamesTheStepWhereAnIterationHasSeveral() {
    tiny.method = Method.DC;
    tiny.outerLoops = 3;
    tiny.learningRate = 1e30;
    RunFailedException error = assertThrows(RunFailedException.class, () -> run("steps"));
    assertTrue(
        error.getMessage().matches(".*: at iteration 1, step [23] of 3, the loss is .*"),
        error.getMessage());
  }

  @Test
  void learnedRateThatDivergesIsToldLikeAnyOther() throws IOException {
    tiny.method = Method.MTT;
    tiny.rateLearningRate = 1e30;
    assertGoodCheckpointIsLeft(
        ".* or distill.trajectory.rate-learning-rate and repeat the stage: .*");
  }

  @Test
  void learnedRateThatIsNotAboveZeroIsToldBeforeAnythingIsWrittenWithIt() throws IOException {
    tiny.method = Method.MTT;
    tiny.iterations = 1;
    tiny.rateLearningRate = 1000;
    RunFailedException error = assertThrows(RunFailedException.class, () -> run("negative"));
    assertTrue(
        error
            .getMessage()
            .matches(
                "distillation: after iteration 1 the learned rate of the student is -[^ ]+, .*"
                    + "Lower distill.trajectory.rate-learning-rate \\(1000.0\\) or raise .*"),
        error.getMessage());
    Path run = folder.resolve("negative");
    assertFalse(Files.exists(run.resolve(DistilledSet.FILE)));
    assertFalse(Files.exists(run.resolve("checkpoints/distill-000000001.safetensors")));
  }

  private void assertGoodCheckpointIsLeft(String message) throws IOException {
    tiny.checkpointEvery = 1;
    RunFailedException error = assertThrows(RunFailedException.class, () -> run("diverged"));
    assertEquals(1, error.exitStatus());
    assertTrue(error.getMessage().matches(message), error.getMessage());
    Path run = folder.resolve("diverged");
    assertFalse(Files.exists(run.resolve(DistilledSet.FILE)));
    try (Stream<Path> files = Files.list(run.resolve("checkpoints"))) {
      List<Path> left = files.filter(file -> file.toString().endsWith(".safetensors")).toList();
      assertFalse(left.isEmpty());
      left.forEach(TinyRun::assertFinite);
    }
  }

  @Test
  void checkpointOfOtherSettingsIsRefused() {
    Path run = run("other");
    tiny.learningRate = 2;
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("other settings"), error.getMessage());
    assertFalse(error.getMessage().contains("device"), error.getMessage());
  }

  @Test
  void checkpointOfAnotherKindOfDeviceIsRefusedByThatName() {
    Path run = run("elsewhere");
    try (RunDirectory directory = RunDirectory.open(run, Existing.RESUME);
        NamedTensors none = new NamedTensors()) {
      Checkpoints checkpoints = directory.checkpoints(DistillStage.NAME);
      checkpoints.clear();
      new DistillCheckpoint(checkpoints, "of a GPU", "cuda").save(4, none);
    }
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertEquals(
        "run.device was cuda when "
            + run.resolve("checkpoints/distill-000000004.safetensors")
            + " was written and is now cpu; undo the change, use --overwrite, or choose another"
            + " --out",
        error.getMessage());
  }

  @Test
  void checkpointThatDoesNotNameItsDeviceIsTakenUp() throws IOException {
    Path whole = run("whole");
    Path early = run("early");
    Files.delete(early.resolve(DistilledSet.FILE));
    Files.delete(early.resolve("checkpoints/distill-000000006.safetensors"));
    withoutDevice(early.resolve("checkpoints/distill-000000004.safetensors"));
    Heard heard = new Heard();
    tiny.listener = heard;
    tiny.run(early);
    assertTrue(heard.done("distilling").get(0) >= 4, heard.progress().toString());
    assertEquals(
        -1, Files.mismatch(whole.resolve(DistilledSet.FILE), early.resolve(DistilledSet.FILE)));
  }

  @Test
  void checkpointThatDoesNotNameItsDeviceMayBeOfAnother() throws IOException {
    Path run = run("early");
    for (int step = 4; step <= 6; step += 2) {
      withoutDevice(run.resolve("checkpoints/distill-00000000" + step + ".safetensors"));
    }
    tiny.learningRate = 2;
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("another kind of device"), error.getMessage());
  }

  /** As earlier versions wrote it. */
  private static void withoutDevice(Path checkpoint) {
    Safetensors file = Safetensors.open(checkpoint);
    Map<String, String> metadata = new TreeMap<>(file.metadata());
    assertEquals("cpu", metadata.remove("device"));
    try (NamedTensors state = file.readAll()) {
      Checksums.write(checkpoint, part -> Safetensors.write(part, state, metadata));
    }
  }

  /** A convnet by another name, of a version that changes. */
  private record Versioned(String version) implements NetworkProvider {

    @Override
    public String name() {
      return "versioned";
    }

    @Override
    public Network create(NetworkSpec spec) {
      return Networks.create(
          NetworkSpec.of("convnet", spec.imageSize(), spec.channels(), spec.classes())
              .with(2, 4, Norm.INSTANCE, Pooling.AVG));
    }
  }

  @Test
  void checkpointOfAnotherVersionOfTheNetworkIsRefused() {
    Networks.register(new Versioned("1"));
    tiny.network = "versioned";
    Path run = run("versioned");
    tiny.iterations = 7;
    tiny.run(run);
    Networks.register(new Versioned("2"));
    tiny.iterations = 8;
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("version of its network"), error.getMessage());
  }

  @Test
  void fewerIterationsThanDoneAreRefused() {
    Path run = run("fewer");
    tiny.iterations = 4;
    assertThrows(InputException.class, () -> tiny.run(run));
  }

  @Test
  void memoryThatIsFullWhileImagesAreLoadedIsToldAsSuch() {
    tiny.tooLarge = "eel/3";
    OutOfMemoryError error = assertThrows(OutOfMemoryError.class, () -> run("large"));
    assertEquals("Java heap space", error.getMessage());
  }

  @Test
  void imageThatCanNoLongerBeReadIsNamed() {
    tiny.unreadable = "eel/3";
    InputException error = assertThrows(InputException.class, () -> run("bad"));
    assertTrue(error.getMessage().contains("eel/3"), error.getMessage());
    assertTrue(error.getMessage().contains("it ends early"), error.getMessage());
  }
}
