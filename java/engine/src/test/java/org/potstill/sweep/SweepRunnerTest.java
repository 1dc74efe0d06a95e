package org.potstill.sweep;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.Potstill;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.Sweep;
import org.potstill.config.SweepLoader;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.errors.InputException;
import org.potstill.errors.Rethrown;
import org.potstill.errors.RunCancelledException;
import org.potstill.net.AbstractNetwork;
import org.potstill.net.Layers;
import org.potstill.net.Network;
import org.potstill.net.NetworkProvider;
import org.potstill.net.NetworkSpec;
import org.potstill.net.Networks;
import org.potstill.net.StateLayout;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.report.SweepTable;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.testing.TinyConfig;

class SweepRunnerTest {

  private static final String OVER_KEEP = "sweep: {over: {prune.keep: [0.2, 0.4]}}\n";
  private static final String OVER_SEED = "sweep: {over: {run.seed: [0, 1]}}\n";

  @TempDir Path folder;

  /** The runs that ended, in order, and what stopped those that failed. */
  private final List<String> ended = new ArrayList<>();

  /** Figures by run and stage: one for every training, or epoch of an expert. */
  private final Map<String, Integer> counted = new TreeMap<>();

  private final List<String> warned = new ArrayList<>();

  private final CancellationToken token = new CancellationToken();

  private Sweep load(String section, String... settings) throws IOException {
    String shared = Files.readString(TinyConfig.write(folder));
    Path file = Files.writeString(folder.resolve("tiny-sweep.yaml"), shared + section);
    List<String> all = new ArrayList<>();
    all.add("run.out=" + folder.resolve("out"));
    all.add("evaluate.every=0");
    all.addAll(List.of(settings));
    return SweepLoader.load(file, all);
  }

  private SweepResult run(Sweep sweep, RunOptions options) {
    return run(sweep, options, "");
  }

  /** Stops while {@code stage} of the second run goes on. */
  private SweepResult run(Sweep sweep, RunOptions options, String stage) {
    SweepListener listener =
        new SweepListener() {
          @Override
          public RunListener runStarted(Sweep.Run run, int number, int of) {
            return new RunListener() {
              @Override
              public void metric(String stage, long step, String name, double value) {
                counted.merge(run.folder() + " " + stage, 1, Integer::sum);
              }

              @Override
              public void warning(String stage, String message) {
                warned.add(run.folder() + ": " + message);
              }

              @Override
              public void stageStarted(String name) {
                if (number == 2 && name.equals(stage)) {
                  token.cancel();
                }
              }
            };
          }

          @Override
          public void runFinished(Sweep.Run run, RunResult result) {
            ended.add(run.folder() + " " + result.stages());
          }

          @Override
          public void runFailed(Sweep.Run run, Throwable reason) {
            ended.add(run.folder() + " failed");
          }
        };
    return Potstill.sweep(sweep, sweep.runs(), options, listener, token);
  }

  private static Config written(Sweep sweep, int run) {
    return ConfigLoader.load(out(sweep, run).resolve("config.yaml"), List.of());
  }

  private static Path out(Sweep sweep, int run) {
    return sweep.runs().get(run).config().run().out();
  }

  private static byte[] images(Sweep sweep, int run) throws IOException {
    return Files.readAllBytes(out(sweep, run).resolve("distilled/distilled.safetensors"));
  }

  @Test
  void scoresAreMadeOnceAndAResumedSweepEqualsOneThatWasNotStopped() throws IOException {
    Sweep whole = load(OVER_KEEP, "run.out=" + folder.resolve("whole"));
    SweepResult result = run(whole, RunOptions.NEW);
    assertEquals(Map.of(), result.failed());
    assertEquals(2, result.finished().size());
    assertEquals(2, result.table().evaluated());
    assertNull(written(whole, 0).score().from());
    assertEquals(out(whole, 0), written(whole, 1).score().from());
    assertTrue(Files.size(whole.out().resolve("table.html")) > 0);

    Sweep sweep = load(OVER_KEEP);
    assertThrows(RunCancelledException.class, () -> run(sweep, RunOptions.NEW, "distill"));
    assertTrue(Files.exists(sweep.out().resolve("table.csv")), "the first run is in the table");
    InputException again =
        assertThrows(InputException.class, () -> run(load(OVER_KEEP), RunOptions.NEW));
    assertTrue(again.getMessage().startsWith("2 of 2 runs of this sweep exist in"));
    ended.clear();
    SweepRunnerTest next = new SweepRunnerTest();
    next.run(sweep, RunOptions.RESUME);
    assertEquals(List.of("0.2 []", "0.4 [distill, evaluate, report]"), next.ended);
    assertArrayEquals(images(whole, 1), images(sweep, 1));
    String name = "table.csv";
    assertEquals(
        Files.readString(whole.out().resolve(name)), Files.readString(sweep.out().resolve(name)));
  }

  @Test
  void aSweepThatIsMovedWithItsDataSharesWorkAsBefore() throws IOException {
    Path project = Files.createDirectory(folder.resolve("project"));
    for (String name : List.of("train-images-idx3", "train-labels-idx1", "t10k-images-idx3")) {
      copyData(name, project);
    }
    copyData("t10k-labels-idx1", project);
    assertThrows(
        RunCancelledException.class, () -> run(ofProject(project), RunOptions.NEW, "distill"));
    Path moved = Files.move(project, folder.resolve("moved"));
    Sweep sweep = ofProject(moved);
    SweepRunnerTest next = new SweepRunnerTest();
    assertEquals(Map.of(), next.run(sweep, RunOptions.RESUME).failed());
    String rest = "[prune, distill, evaluate, report]";
    assertEquals(
        List.of("0.2 []", "0.4 [distill, evaluate, report]", "0.6 [score, " + rest.substring(1)),
        next.ended);
    for (int run : List.of(1, 2)) {
      assertEquals(out(sweep, 0), written(sweep, run).score().from());
      assertEquals(out(sweep, 0), written(sweep, run).evaluate().from());
    }
    assertEquals(List.of(), SweepTable.read(sweep, Map.of()).warnings());
  }

  /** Names and sizes are all that is known of the images of a folder before they are read. */
  @Test
  void foldersThatLookAlikeDoNotLendToEachOther() throws IOException {
    for (String source : List.of("one", "two")) {
      for (String place : List.of("train/cat", "train/dog", "val/cat", "val/dog")) {
        for (int i = 0; i < 6; i++) {
          BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB);
          image.setRGB(i, source.length() + place.length() % 3, 0xFFFFFF);
          Path file = folder.resolve(source).resolve(place).resolve(i + ".bmp");
          Files.createDirectories(file.getParent());
          assertTrue(ImageIO.write(image, "bmp", file.toFile()));
        }
      }
    }
    Sweep sweep =
        load(
            "sweep: {over: {data.source: ['folder:one', 'folder:two'], prune.keep: [0.8, 1]}}\n",
            "data.classes=[]",
            "data.resolution=8",
            "data.validation-share=0",
            "distill.network.depth=1");
    assertEquals(Map.of(), run(sweep, RunOptions.NEW).failed());
    List<Path> scores = new ArrayList<>();
    List<Path> trials = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      scores.add(written(sweep, i).score().from());
      trials.add(written(sweep, i).evaluate().from());
    }
    assertEquals(Arrays.asList(null, out(sweep, 0), null, out(sweep, 2)), scores);
    assertEquals(scores, trials);
  }

  private Sweep ofProject(Path project) throws IOException {
    return load(
        "sweep: {over: {prune.keep: [0.2, 0.4, 0.6]}}\n",
        "data.source=idx:" + project,
        "data.classes=['1', '8']",
        "run.out=" + project.resolve("out"));
  }

  private static void copyData(String name, Path to) throws IOException {
    String file = name + "-ubyte.gz";
    try (InputStream in = Dataset.class.getResourceAsStream("fashion-mnist-mini/" + file)) {
      Files.copy(in, to.resolve(file));
    }
  }

  @Test
  void aRunOfAnEarlierVersionLends() throws IOException {
    Sweep sweep = load(OVER_KEEP);
    Potstill.sweep(sweep, sweep.runs().subList(0, 1), RunOptions.NEW, SweepListener.SILENT, token);
    Config first = sweep.runs().get(0).config();
    Path stages = out(sweep, 0).resolve("stages.json");
    try (Dataset data = Datasets.open(first.data(), first.run().seed())) {
      // It knew its training images by all images.
      String now = Files.readString(stages);
      String before = now.replace(data.trainingFingerprint(), data.fingerprint());
      assertNotEquals(before, now);
      Files.writeString(stages, before);
    }
    Potstill.sweep(sweep, sweep.runs().subList(1, 2), RunOptions.NEW, SweepListener.SILENT, token);
    assertEquals(out(sweep, 0), written(sweep, 1).score().from());
    assertEquals(out(sweep, 0), written(sweep, 1).evaluate().from());
  }

  @Test
  void scoresThatARunTookAreNotLentForItsOwn() throws IOException {
    Sweep first = load(OVER_KEEP, "score.epochs=2");
    Potstill.sweep(first, first.runs().subList(0, 1), RunOptions.NEW, SweepListener.SILENT, token);
    // The second takes scores of two epochs, though its settings say one.
    Sweep taking = load(OVER_KEEP, "score.from=" + out(first, 0));
    List<Sweep.Run> second = taking.runs().subList(1, 2);
    Potstill.sweep(taking, second, RunOptions.NEW, SweepListener.SILENT, token);
    Sweep other = load("sweep: {over: {prune.keep: [0.4, 0.6]}}\n");
    Potstill.sweep(other, other.runs().subList(1, 2), RunOptions.NEW, SweepListener.SILENT, token);
    assertNull(written(other, 1).score().from());
  }

  /** As where each of several machines or GPUs does a part. */
  @Test
  void partsMayBeMadeOnOtherMachines() throws IOException {
    String random = "prune.mode=random";
    Sweep one = load(OVER_KEEP, random, "run.device=cpu", "run.threads=2");
    Potstill.sweep(one, one.runs().subList(0, 1), RunOptions.NEW, SweepListener.SILENT, token);
    Sweep all = load(OVER_KEEP, random);
    SweepResult result = run(all, RunOptions.RESUME);
    assertEquals(Map.of(), result.failed());
    assertEquals(List.of("0.2 []", "0.4 [prune, distill, evaluate, report]"), ended);
    assertEquals(2, result.table().evaluated());
  }

  @Test
  void aRunThatFailsDoesNotStopTheOthers() throws IOException {
    Sweep sweep = load(OVER_KEEP, "prune.mode=random");
    Files.createDirectories(out(sweep, 0));
    Files.writeString(out(sweep, 0).resolve("thesis.txt"), "not a run");
    SweepResult result = run(sweep, RunOptions.RESUME);
    assertEquals(List.of("0.2 failed", "0.4 [prune, distill, evaluate, report]"), ended);
    assertEquals(List.of(sweep.runs().get(0)), List.copyOf(result.failed().keySet()));
    assertEquals(1, result.table().evaluated());
    String page = Files.readString(sweep.out().resolve("table.html"));
    assertTrue(page.contains("0.2: failed: "), page);
    assertEquals("not a run", Files.readString(out(sweep, 0).resolve("thesis.txt")));
  }

  @Test
  void aRunThatAnotherProcessMadeGoodDoesNotCountAsFailed() throws IOException {
    Sweep sweep = load(OVER_KEEP, "prune.mode=random");
    Files.createDirectories(out(sweep, 0));
    Path obstacle = Files.writeString(out(sweep, 0).resolve("thesis.txt"), "not a run");
    SweepListener listener =
        new SweepListener() {
          @Override
          public void runFailed(Sweep.Run run, Throwable reason) {
            ended.add(run.folder() + " failed");
            try {
              Files.delete(obstacle);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            Potstill.run(run.config(), RunOptions.NEW, RunListener.SILENT, new CancellationToken());
          }
        };
    SweepResult result = Potstill.sweep(sweep, sweep.runs(), RunOptions.RESUME, listener, token);
    assertEquals(List.of("0.2 failed"), ended);
    assertEquals(Map.of(), result.failed());
    assertEquals(2, result.table().evaluated());
  }

  /** A network of the user's own that fails as no exception does. */
  private record Failing(String name) implements NetworkProvider {

    @Override
    public Network create(NetworkSpec spec) {
      StateLayout layout = new StateLayout();
      layout.linear("classifier", 4, spec.classes(), true);
      return new AbstractNetwork(name, spec.classes(), layout) {
        @Override
        protected Tensor features(Layers layers, Tensor input) {
          throw new AssertionError("no luck");
        }

        @Override
        protected Tensor classify(Layers layers, Tensor input) {
          return features(layers, input);
        }
      };
    }
  }

  @Test
  void anErrorOfOneRunDoesNotStopTheOthers() throws IOException {
    Networks.register(new Failing("failing-in-a-sweep"));
    Sweep sweep =
        load(
            "sweep: {over: {network: {bad: {evaluate.networks: [failing-in-a-sweep]}, good:"
                + " {evaluate.networks: [convnet]}}}}\n",
            "prune.mode=random");
    SweepResult result = run(sweep, RunOptions.NEW);
    assertEquals(List.of("bad failed", "good [prune, distill, evaluate, report]"), ended);
    assertEquals(AssertionError.class, result.failed().values().iterator().next().getClass());
  }

  @Test
  void whatAListenerThrowsEndsTheSweep() throws IOException {
    Sweep sweep = load(OVER_KEEP, "prune.mode=random");
    for (Throwable thrown : List.of(new IllegalStateException("stop"), new OutOfMemoryError("x"))) {
      AtomicInteger begun = new AtomicInteger();
      SweepListener host =
          new SweepListener() {
            @Override
            public RunListener runStarted(Sweep.Run run, int number, int of) {
              begun.incrementAndGet();
              return new RunListener() {
                @Override
                public void stageStarted(String stage) {
                  throw Rethrown.asItIs(thrown);
                }
              };
            }
          };
      Throwable seen =
          assertThrows(
              thrown.getClass(),
              () -> Potstill.sweep(sweep, sweep.runs(), RunOptions.RESUME, host, token));
      assertSame(thrown, seen);
      assertEquals(1, begun.get());
    }
    // It can be resumed.
    assertEquals(Map.of(), run(sweep, RunOptions.RESUME).failed());
  }

  @Test
  void whatCannotBeginIsToldBeforeAnythingIsWritten() throws IOException {
    String section = "sweep: {over: {data.classes: [[Trouser, Bag], [Trouser, Bga]]}}\n";
    Sweep sweep = load(section);
    InputException error = assertThrows(InputException.class, () -> run(sweep, RunOptions.NEW));
    assertTrue(error.getMessage().startsWith("run Trouser_Bga: "), error.getMessage());
    assertTrue(error.getMessage().contains("Bga"), error.getMessage());
    assertFalse(Files.exists(sweep.out()));
  }

  @Test
  void otherScoringIsNotBorrowedAndOverwritingBeginsAllAnew() throws IOException {
    Sweep sweep = load(OVER_SEED);
    run(sweep, RunOptions.NEW);
    assertNull(written(sweep, 1).score().from());
    byte[] before = images(sweep, 1);

    Sweep changed = load(OVER_SEED, "distill.momentum=0.9");
    assertThrows(RunCancelledException.class, () -> run(changed, RunOptions.OVERWRITE, "score"));
    assertFalse(Files.exists(out(changed, 1).resolve("report.html")), "nothing old is left");
    SweepRunnerTest next = new SweepRunnerTest();
    next.run(changed, RunOptions.RESUME);
    assertEquals("0 []", next.ended.get(0));
    assertEquals(0.9, written(changed, 1).distill().momentum());
    assertFalse(Arrays.equals(before, images(changed, 1)));
    assertEquals(Optional.empty(), next.ended.stream().filter(e -> e.endsWith("failed")).findAny());
  }

  @Test
  void overwritingThatIsRefusedLosesNothing() throws IOException {
    Sweep sweep = load(OVER_KEEP, "prune.mode=random");
    run(sweep, RunOptions.NEW);
    Path second = out(sweep, 1);
    try (RunDirectory held = RunDirectory.open(second, Existing.RESUME)) {
      InputException error =
          assertThrows(InputException.class, () -> run(sweep, RunOptions.OVERWRITE));
      assertTrue(error.getMessage().contains("another run is working in"), error.getMessage());
    }
    assertEquals(2, SweepTable.read(sweep, Map.of()).evaluated());
    assertTrue(Files.exists(out(sweep, 0).resolve("report.html")));
  }

  @Test
  void scoresThatWereMadeOtherwiseAreNotLent() throws IOException {
    Sweep first = load(OVER_KEEP);
    Potstill.sweep(first, first.runs().subList(0, 1), RunOptions.NEW, SweepListener.SILENT, token);
    Sweep other = load(OVER_KEEP, "score.epochs=2");
    List<Sweep.Run> second = other.runs().subList(1, 2);
    SweepResult result = Potstill.sweep(other, second, RunOptions.NEW, SweepListener.SILENT, token);
    assertNull(written(other, 1).score().from());
    assertEquals(
        List.of("0.2: was run with score.epochs 1, not 2, and is not shown"),
        result.table().warnings());
  }

  @Test
  void aChangeThatARunCannotTakeIsToldBeforeAnythingRuns() throws IOException {
    Sweep sweep = load(OVER_KEEP, "prune.mode=random");
    Potstill.sweep(sweep, sweep.runs().subList(1, 2), RunOptions.NEW, SweepListener.SILENT, token);
    Sweep changed = load(OVER_KEEP, "prune.mode=random", "distill.momentum=0.9");
    InputException error =
        assertThrows(InputException.class, () -> run(changed, RunOptions.RESUME));
    assertTrue(
        error.getMessage().startsWith("run 0.4: distill.momentum was 0.5 in"), error.getMessage());
    assertFalse(Files.exists(out(changed, 0)));
  }

  @Test
  void aDamagedRunCostsItsOwnCellAlone() throws IOException {
    Sweep sweep = load(OVER_KEEP);
    Potstill.sweep(sweep, sweep.runs().subList(0, 1), RunOptions.NEW, SweepListener.SILENT, token);
    Files.delete(out(sweep, 0).resolve("scores.csv"));
    Files.writeString(out(sweep, 0).resolve("stages.json"), "{");
    SweepResult result = run(sweep, RunOptions.RESUME);
    assertEquals(List.of("0.2 failed", "0.4 [score, prune, distill, evaluate, report]"), ended);
    assertNull(written(sweep, 1).score().from());
    assertEquals(1, result.table().evaluated());
  }

  @Test
  void whereNothingCanBeWrittenIsToldBeforeAnythingRuns() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    Sweep sweep = load(OVER_KEEP, "run.out=" + file.resolve("out"));
    InputException error = assertThrows(InputException.class, () -> run(sweep, RunOptions.NEW));
    assertTrue(error.getMessage().contains("cannot be made or written to"), error.getMessage());
    assertEquals(List.of(), ended);
  }

  @Test
  void theFolderOfARunIsNoPlaceForASweep() throws IOException {
    Path run = folder.resolve("run");
    Potstill.runStage(
        "prune",
        TinyConfig.load(folder, run, "prune.mode=none"),
        RunOptions.NEW,
        RunListener.SILENT,
        token);
    Sweep sweep = load(OVER_KEEP, "run.out=" + run, "prune.mode=random");
    InputException error = assertThrows(InputException.class, () -> run(sweep, RunOptions.NEW));
    assertTrue(error.getMessage().contains("is the directory of a run"), error.getMessage());
  }

  @Test
  void expertsAndTrainingsOnBaselinesAreMadeOnce() throws IOException {
    Sweep sweep =
        load(
            "sweep: {over: {distill.images-per-class: [1, 2], distill.learning-rate: [10, 100]}}\n",
            "prune.mode=none",
            "distill.method=mtt",
            "distill.iterations=1",
            "distill.trajectory.steps=2",
            "distill.trajectory.expert-epochs=1",
            "distill.trajectory.max-start-epoch=1",
            "experts.count=1",
            "experts.epochs=1",
            "evaluate.epochs=2",
            "evaluate.repeats=1",
            "evaluate.baselines=[random, full]");
    run(sweep, RunOptions.NEW);
    List<Path> experts = new ArrayList<>();
    List<Path> trials = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      experts.add(written(sweep, i).experts().from());
      trials.add(written(sweep, i).evaluate().from());
    }
    Path first = out(sweep, 0);
    assertEquals(Arrays.asList(null, first, first, first), experts);
    assertEquals(Arrays.asList(null, first, first, out(sweep, 2)), trials);
    counted.keySet().removeIf(key -> !key.endsWith("evaluate") && !key.endsWith("experts"));
    // Images of its own, random and all ones; of other images per class all ones are the same.
    assertEquals(
        Map.of(
            "1/10 experts", 1,
            "1/10 evaluate", 3,
            "1/100 evaluate", 1,
            "2/10 evaluate", 2,
            "2/100 evaluate", 1),
        counted);
    assertEquals(List.of(), warned);
    assertEquals(List.of(), SweepTable.read(sweep, Map.of()).warnings());
  }

  @Test
  void expertsAreLentToRunsThatDrawFromFewerEpochs() throws IOException {
    Sweep sweep =
        load(
            "sweep: {over: {distill.trajectory.max-start-epoch: [2, 1, 3]}}\n",
            "prune.mode=none",
            "distill.method=mtt",
            "distill.iterations=1",
            "distill.trajectory.steps=2",
            "distill.trajectory.expert-epochs=1",
            "experts.count=1",
            "experts.epochs=3",
            "evaluate.epochs=2",
            "evaluate.baselines=[]");
    run(sweep, RunOptions.NEW);
    assertNull(written(sweep, 0).experts().from());
    assertEquals(out(sweep, 0), written(sweep, 1).experts().from());
    assertNull(written(sweep, 2).experts().from());
    assertEquals(3, SweepTable.read(sweep, Map.of()).evaluated());
    assertEquals(List.of(), warned);
    // A lender that is damaged later costs time only.
    Path expert = out(sweep, 0).resolve("experts/expert-0000.safetensors");
    Files.write(expert, new byte[100]);
    Files.delete(out(sweep, 1).resolve("stages.json"));
    Files.delete(out(sweep, 1).resolve("experts/expert-0000.safetensors"));
    Files.delete(out(sweep, 2).resolve("experts/expert-0000.safetensors"));
    counted.clear();
    assertEquals(Map.of(), run(sweep, RunOptions.RESUME).failed());
    // As many epochs as it draws from.
    assertEquals(1, counted.get("1 experts"));
    assertTrue(warned.get(0).contains("expert 0 is trained here"), warned.toString());
  }
}
