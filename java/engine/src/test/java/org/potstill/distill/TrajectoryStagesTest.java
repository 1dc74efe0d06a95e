package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.DistillConfig.Method;
import org.potstill.config.TrajectoryConfig;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.net.Network;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.Norm;
import org.potstill.net.Pooling;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

/** The stages {@code experts} and {@code distill} of trajectory matching, one after the other. */
class TrajectoryStagesTest {

  private final TinyRun tiny = new TinyRun();

  @TempDir private Path folder;

  @BeforeEach
  void matchTrajectories() {
    LibTorch.load();
    tiny.method = Method.MTT;
  }

  private Path run(String name) {
    Path run = folder.resolve(name);
    tiny.run(run);
    return run;
  }

  private static void assertSame(Path a, Path b, String file) throws IOException {
    assertEquals(-1, Files.mismatch(a.resolve(file), b.resolve(file)), file);
  }

  @ParameterizedTest
  @EnumSource
  void resumedRunIsBitIdenticalAndLearnsItsRate(TrajectoryConfig.Form form) throws IOException {
    tiny.form = form;
    Path whole = run("whole");
    Path resumed = folder.resolve("resumed");
    tiny.stopAfter(3);
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    tiny.goOn(resumed);
    assertSame(whole, resumed, DistilledSet.FILE);
    try (DistilledSet set = DistilledSet.read(whole.resolve(DistilledSet.FILE))) {
      double rate = set.description().learningRate().orElseThrow();
      assertNotEquals((double) 0.05f, rate);
      assertTrue(rate > 0.01 && rate < 0.1, "rate " + rate);
    }
  }

  @Test
  void expertsGoOnInTheMiddleOfOne() throws IOException {
    Path whole = run("whole");
    Path resumed = folder.resolve("resumed");
    tiny.stopWhen("training experts", 3); // the first of two epochs of the second expert
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    assertFalse(Files.exists(resumed.resolve(ExpertFile.name(1))));
    tiny.goOn(resumed);
    assertSame(whole, resumed, ExpertFile.name(0));
    assertSame(whole, resumed, ExpertFile.name(1));
    assertSame(whole, resumed, DistilledSet.FILE);
  }

  /** One thread each, as alone on one thread: with more experts than threads nothing changes. */
  @Test
  void expertsSideBySideAreThoseTrainedAlone() throws IOException {
    tiny.expertCount = 3;
    Path alone = run("alone");
    tiny.threads = 2;
    Heard heard = new Heard();
    tiny.listener = heard;
    Path both = run("both");
    for (int expert = 0; expert < 3; expert++) {
      assertSame(alone, both, ExpertFile.name(expert));
    }
    List<Heard.Progress> trained =
        heard.progress().stream().filter(told -> told.task().equals("training experts")).toList();
    trained.forEach(told -> assertEquals(6, told.total()));
    assertEquals(
        LongStream.rangeClosed(1, 6).boxed().toList(),
        trained.stream().map(Heard.Progress::done).toList());
    List<String> notes = heard.notes();
    assertEquals(1, notes.size());
    assertTrue(
        notes.get(0).matches("3 experts of .* on the disk; 2 side by side on one thread each, .*"),
        notes.get(0));
    assertEquals(expertSteps(alone), expertSteps(both));
  }

  @Test
  void expertsSideBySideGoOnWhereEachWas() throws IOException {
    tiny.expertCount = 3;
    tiny.threads = 2;
    Path whole = run("whole");
    Path resumed = folder.resolve("resumed");
    tiny.stopWhen("training experts", 3);
    assertThrows(RunCancelledException.class, () -> tiny.run(resumed));
    tiny.goOn(resumed);
    for (int expert = 0; expert < 3; expert++) {
      assertSame(whole, resumed, ExpertFile.name(expert));
    }
    assertEquals(expertSteps(whole), expertSteps(resumed));
    try (Stream<Path> left = Files.list(resumed.resolve("checkpoints"))) {
      assertTrue(left.noneMatch(file -> file.getFileName().toString().startsWith("experts")));
    }
  }

  /** Steps of the experts in the log, in order of their numbers. */
  private static List<Integer> expertSteps(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .filter(line -> line.contains("\"experts\""))
        .map(line -> Integer.valueOf(line.replaceAll(".*\"step\":(\\d+).*", "$1")))
        .sorted()
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void divergenceNamesExpertEpochAndStepAndKeepsTheLastGoodCheckpoint(int threads)
      throws IOException {
    tiny.threads = threads;
    tiny.expertEpochs = 40;
    tiny.expertRate = 1000; // not finite in the second epoch
    tiny.channels = 3;
    RunFailedException error = assertThrows(RunFailedException.class, () -> run("diverged"));
    assertEquals(1, error.exitStatus());
    assertTrue(
        error
            .getMessage()
            .matches("expert [01]: training diverged: in epoch \\d+, step \\d, the .*"),
        error.getMessage());
    assertTrue(error.getMessage().contains("experts.learning-rate (1000.0)"));
    assertFalse(Files.exists(folder.resolve("diverged").resolve(ExpertFile.name(0))));
    try (Stream<Path> files = Files.list(folder.resolve("diverged/checkpoints"))) {
      List<Path> left = files.filter(file -> file.toString().endsWith(".safetensors")).toList();
      assertFalse(left.isEmpty());
      left.forEach(TinyRun::assertFinite);
    }
  }

  @Test
  void expertsThatTheDiskCannotHoldAreRefused() {
    tiny.width = 4096; // 600 MB a snapshot
    tiny.expertCount = 100_000;
    InputException error = assertThrows(InputException.class, () -> run("huge"));
    assertTrue(error.getMessage().startsWith("the experts would take "), error.getMessage());
    assertTrue(error.getMessage().contains("lower experts.count"), error.getMessage());
    assertFalse(Files.exists(folder.resolve("huge").resolve(ExpertFile.name(0))));
  }

  @Test
  void stepsBeyondTheStoredEpochsAreRefusedByFile() {
    Path run = run("stored");
    ExpertFile file = ExpertFile.open(run.resolve(ExpertFile.name(0)));
    InputException error =
        assertThrows(InputException.class, () -> file.parameters(network(4), 3).close());
    assertTrue(error.getMessage().contains("does not hold epoch 3"), error.getMessage());
    assertTrue(error.getMessage().contains("expert-0000"), error.getMessage());
  }

  @Test
  void aMissingExpertIsRefusedWithWhatToDo() throws IOException {
    Path run = run("missing");
    Path file = run.resolve(ExpertFile.name(1));
    byte[] whole = Files.readAllBytes(file);
    Files.delete(file);
    assertAdvice(file, "there is no such file; put it back, or train the experts anew: engine.jar");
    Files.write(file, Arrays.copyOf(whole, whole.length / 2));
    assertAdvice(file, "put it back, or train the experts anew: engine.jar experts CONFIG");
  }

  private static void assertAdvice(Path file, String advice) {
    InputException error = assertThrows(InputException.class, () -> ExpertFile.openOwn(file));
    assertTrue(error.getMessage().contains(file + ""), error.getMessage());
    assertTrue(error.getMessage().contains(advice), error.getMessage());
  }

  @Test
  void expertsOfAnotherWidthAreRefusedByFileAndTensor() {
    Path run = run("width");
    ExpertFile file = ExpertFile.open(run.resolve(ExpertFile.name(0)));
    InputException error =
        assertThrows(InputException.class, () -> file.parameters(network(8), 0).close());
    assertTrue(error.getMessage().contains("expert of another network"), error.getMessage());
    assertTrue(error.getMessage().contains("features.0.weight"), error.getMessage());
  }

  private static Network network(int width) {
    return Networks.create(
        NetworkSpec.of("convnet", TinyRun.SIZE, 1, TinyRun.CLASSES.size())
            .with(2, width, Norm.INSTANCE, Pooling.AVG));
  }

  @Test
  void onlyEpochsThatCanBeDrawnAreStored() {
    tiny.expertEpochs = 5;
    Path run = run("epochs");
    assertEquals(Set.of(0, 1, 2), ExpertFile.open(run.resolve(ExpertFile.name(0))).epochs());
  }

  /** Those after it would change nothing that is drawn. */
  @Test
  void trainingEndsWithTheLastEpochThatCanBeDrawn() throws IOException {
    tiny.expertEpochs = 2;
    Path few = run("few");
    tiny.expertEpochs = 5;
    Path more = run("more");
    // Two of each of two experts.
    assertEquals(List.of(1, 2, 3, 4), expertSteps(more));
    try (NamedTensors one = parametersAtTheEnd(few);
        NamedTensors other = parametersAtTheEnd(more)) {
      for (String name : one.names()) {
        assertArrayEquals(Tensors.toFloats(one.get(name)), Tensors.toFloats(other.get(name)), name);
      }
    }
  }

  private NamedTensors parametersAtTheEnd(Path run) {
    return ExpertFile.open(run.resolve(ExpertFile.name(0))).parameters(network(tiny.width), 2);
  }

  @Test
  void halfPrecisionHalvesTheFile() throws IOException {
    tiny.width = 32;
    Path full = run("full");
    tiny.precision = "bf16";
    Path half = run("half");
    double ratio =
        (double) Files.size(half.resolve(ExpertFile.name(0)))
            / Files.size(full.resolve(ExpertFile.name(0)));
    assertTrue(ratio < 0.6, "ratio " + ratio);
  }

  @Test
  void expertsTrainedInAnotherPrecisionAreRefusedByName() {
    tiny.computing = "bf16";
    Path run = run("coarse");
    tiny.computing = "f32";
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("experts.training-precision"), error.getMessage());
  }

  @Test
  void expertsOfOtherSettingsAreRefusedByName() {
    Path run = run("stale");
    tiny.width = 8;
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("expert-0000"), error.getMessage());
    assertTrue(error.getMessage().contains("distill.network"), error.getMessage());
  }

  @Test
  void expertFileThatIsCutShortIsNamed() throws IOException {
    Path run = run("cut");
    Path file = run.resolve(ExpertFile.name(1));
    try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
      cut.setLength(cut.length() - 10);
    }
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("expert-0001"), error.getMessage());
  }

  /** Not as a distillation that diverged, whose rates would have to be lowered. */
  @Test
  void expertsWithNaNAreNamed() throws IOException {
    Path run =
        changed(
            "damaged",
            (name, tensor) ->
                name.equals("0/classifier.bias") ? tensor.mul(new Scalar(Double.NaN)) : tensor);
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("expert-000"), error.getMessage());
    assertTrue(error.getMessage().contains("epoch 0 holds NaN"), error.getMessage());
  }

  /** A distance relative to no way at all has no value. */
  @Test
  void expertsThatStandStillAreNamed() throws IOException {
    Path run = changed("still", (name, tensor) -> torch.ones_like(tensor));
    InputException error = assertThrows(InputException.class, () -> tiny.run(run));
    assertTrue(error.getMessage().contains("expert-000"), error.getMessage());
    assertTrue(error.getMessage().contains("are the same"), error.getMessage());
    assertTrue(error.getMessage().contains("raise experts.learning-rate"), error.getMessage());
  }

  /** A run whose experts were changed, and that has still to distil. */
  private Path changed(String name, BiFunction<String, Tensor, Tensor> change) throws IOException {
    Path run = run("sound");
    Path other = folder.resolve(name);
    Files.createDirectories(other.resolve(ExpertFile.FOLDER));
    for (int expert = 0; expert < tiny.expertCount; expert++) {
      Safetensors sound = Safetensors.open(run.resolve(ExpertFile.name(expert)));
      try (PointerScope scope = new PointerScope();
          NamedTensors tensors = sound.readAll();
          NamedTensors changed = new NamedTensors()) {
        for (String each : tensors.names()) {
          changed.put(each, change.apply(each, new Tensor(tensors.get(each))));
        }
        Safetensors.write(other.resolve(ExpertFile.name(expert)), changed, sound.metadata());
      }
    }
    Files.copy(run.resolve("config.yaml"), other.resolve("config.yaml"));
    return other;
  }

  @Test
  void tooFewImagesToStartFromAreToldBeforeExpertsAreTrained() {
    tiny.imagesPerClass = 7;
    InputException error = assertThrows(InputException.class, () -> run("few"));
    assertTrue(error.getMessage().contains("'cat' keeps 6"), error.getMessage());
    assertFalse(Files.exists(folder.resolve("few").resolve(ExpertFile.name(0))));
  }

  @Test
  void moreEpochsThanTrainedAreRefused() {
    tiny.expertEpochs = 1;
    InputException error = assertThrows(InputException.class, () -> run("few"));
    assertTrue(error.getMessage().contains("experts.epochs: 1"), error.getMessage());
  }
}
