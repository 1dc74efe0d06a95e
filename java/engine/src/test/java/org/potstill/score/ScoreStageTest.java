package org.potstill.score;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
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
import org.potstill.errors.RunCancelledException;
import org.potstill.kernels.JavaKernels;
import org.potstill.net.Network;
import org.potstill.net.Pass;
import org.potstill.net.ScorerResNet18;
import org.potstill.random.Purpose;
import org.potstill.random.RandomStream;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.run.StageLog;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;
import org.potstill.weights.Safetensors;

class ScoreStageTest {

  private static final long SEED = 4;
  private static final String[] TRAINED = {
    "data.source=builtin:fashion-mnist-mini", "score.epochs=2", "score.batch=8", "score.folds=2"
  };

  private static final Map<String, Scores> WHOLE = new HashMap<>();

  @TempDir Path folder;
  private final Heard heard = new Heard();
  private int threads = 1;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static PatternDataset grey() {
    return new PatternDataset(12, 1, 8, "cat, \"wild\"", "dog/wolf");
  }

  private Scores score(String run, Dataset data, String... settings) {
    return score(run, data, new CancellationToken(), RunListener.SILENT, settings);
  }

  private Scores score(
      String run,
      Dataset data,
      CancellationToken cancellation,
      RunListener listener,
      String... settings) {
    try (RunDirectory directory = RunDirectory.open(folder.resolve(run), Existing.RESUME)) {
      AtomicFiles.writeString(directory.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\n");
      RunContext context = new RunContext(directory, listener, cancellation, SEED, threads);
      Scores scores =
          new ScoreStage(ConfigLoader.of(settings), data, context, new JavaKernels()).run();
      Map<String, String> values = Map.of("data set", data.fingerprint());
      Map<String, String> written =
          Map.of(Scores.FILE, Fingerprint.ofFile(directory.resolve(Scores.FILE)));
      directory
          .stages()
          .put(ScoreStage.NAME, new StageLog.Entry(Fingerprint.of(values), written, 1, Map.of()));
      return scores;
    }
  }

  private static String[] with(String[] settings, String... more) {
    String[] all = Arrays.copyOf(settings, settings.length + more.length);
    System.arraycopy(more, 0, all, settings.length, more.length);
    return all;
  }

  @Test
  void trainedScorerScoresEveryImageOutOfFold() throws IOException {
    PatternDataset data = grey();
    Scores scores = score("run", data, TRAINED);
    assertEquals(
        data.training().stream().map(ImageRecord::id).toList(),
        scores.entries().stream().map(Scores.Entry::id).toList());
    assertEquals(scores, Scores.read(folder.resolve("run/scores.csv")));
    assertEquals(data.training().size(), data.reads());
    assertEquals(4, Files.readAllLines(folder.resolve("run/metrics.jsonl")).size());
  }

  /** As where a process is killed before the stage is on record. */
  @Test
  void scoringOfWhichAllIsDoneEndsAtOnce() throws IOException {
    Scores trained = score("trained", grey(), TRAINED);
    byte[] before = Files.readAllBytes(folder.resolve("trained/scores.csv"));
    assertEquals(trained, score("trained", grey(), new CancellationToken(), heard, TRAINED));
    List<String> tasks = heard.tasks();
    assertFalse(tasks.stream().anyMatch(task -> task.startsWith("training")), tasks.toString());
    assertArrayEquals(before, Files.readAllBytes(folder.resolve("trained/scores.csv")));
    assertEquals(4, Files.readAllLines(folder.resolve("trained/metrics.jsonl")).size());

    String[] settings = pretrained(weights(""));
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    Scores whole = score("whole", data, settings);
    CancellationToken last = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", data, last, stopAt(8, last), settings));
    heard.clear();
    assertEquals(whole, score("run", data, new CancellationToken(), heard, settings));
    assertEquals(List.of(), heard.tasks());
  }

  /** What {@link #grey} gives with such settings, scored once for all tests. */
  private Scores whole(String... settings) {
    String key = String.join(" ", settings);
    if (!WHOLE.containsKey(key)) {
      WHOLE.put(key, score("whole", grey(), settings));
    }
    return WHOLE.get(key);
  }

  /** Two images a class, one in each fold, so that losses stay as the networks found them. */
  private List<Scores.Entry> pairs(String run, PatternDataset data) {
    return score(run, data, with(TRAINED, "score.epochs=1")).entries();
  }

  @Test
  void noImageIsScoredByANetworkThatSawIt() {
    String[] classes = {"a", "b", "c"};
    PatternDataset data = new PatternDataset(12, 1, 2, classes);
    int[] classOf = data.training().stream().mapToInt(ImageRecord::classIndex).toArray();
    int[] foldOf = Folds.of(classOf, classes.length, 2, SEED).foldOf();
    List<Scores.Entry> before = pairs("before", data);
    List<Scores.Entry> after = pairs("after", new PatternDataset(12, 1, 2, classes).withOther(0));
    for (int i = 1; i < foldOf.length; i++) {
      // Only the network that scores the other fold has learned from the image that changed.
      boolean same = before.get(i).loss() == after.get(i).loss();
      assertEquals(foldOf[i] == foldOf[0], same, before.get(i) + " and " + after.get(i));
    }
  }

  @Test
  void galleryHoldsTheEasiestAndTheHardest() throws IOException {
    PatternDataset data = new PatternDataset(12, 3, 12, "cat, \"wild\"", "dog/wolf");
    Scores scores = score("run", data, with(TRAINED, "score.epochs=1"));
    Path gallery = folder.resolve("run/gallery");
    JsonNode index = new ObjectMapper().readTree(gallery.resolve("index.json").toFile());
    assertEquals(2 * 2 * 8, index.size());
    List<Float> cats =
        scores.entries().stream()
            .filter(entry -> entry.classKey().startsWith("cat"))
            .map(Scores.Entry::loss)
            .sorted()
            .toList();
    for (int i = 0; i < 8; i++) {
      assertEquals("easy", index.get(i).get("kind").asText());
      assertEquals(cats.get(i), index.get(i).get("loss").floatValue());
      assertEquals(cats.get(11 - i), index.get(8 + i).get("loss").floatValue());
      Path picture = gallery.resolve(index.get(i).get("file").asText());
      assertEquals(12, ImageIO.read(picture.toFile()).getWidth());
    }
  }

  @Test
  void trainingThatWasStoppedEndsBitIdentical() throws IOException {
    // Two steps an epoch and four a fold: the third lies in the middle of an epoch.
    String[] settings = with(TRAINED, "score.batch=4");
    score("whole", grey(), settings);
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          private int steps;

          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (unit.equals("steps") && ++steps == 3) {
              cancellation.cancel();
            }
          }
        };
    assertThrows(
        RunCancelledException.class,
        () -> score("stopped", grey(), cancellation, stopper, settings));
    assertFalse(Files.exists(folder.resolve("stopped/scores.csv")));
    try (Stream<Path> checkpoints = Files.list(folder.resolve("stopped/checkpoints"))) {
      assertEquals(1, checkpoints.filter(path -> path.toString().endsWith(".safetensors")).count());
    }
    score("stopped", grey(), new CancellationToken(), heard, settings);
    assertFalse(heard.done("training scorers").contains(1L), heard.progress().toString());
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("whole/scores.csv")),
        Files.readAllBytes(folder.resolve("stopped/scores.csv")));
    assertEquals(4, Files.readAllLines(folder.resolve("stopped/metrics.jsonl")).size());
  }

  @Test
  void foldsSideBySideGiveWhatTheyGiveOneAfterTheOther() throws IOException {
    Scores one = whole(TRAINED);
    threads = 2;
    assertEquals(one, score("two", grey(), TRAINED));
    assertEquals(4, Files.readAllLines(folder.resolve("two/metrics.jsonl")).size());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void foldsThatAreFinishedAreNotTrainedAgain(int threads) throws IOException {
    String[] settings = with(TRAINED, "score.batch=4");
    Scores whole = whole(settings);
    this.threads = threads;
    // Four steps a fold: the last one of all.
    stopTraining("run", 8, settings);
    // Beside another fold, it may have its losses by then.
    Path trained = folder.resolve("run/checkpoints/score-0001-000000004.safetensors");
    assertTrue(Files.exists(trained) || threads == 2);
    assertEquals(whole, score("run", grey(), new CancellationToken(), heard, settings));
    List<String> tasks = heard.tasks();
    assertEquals(
        new Heard.Progress("scoring", 16, 16, "images"), heard.progress().get(tasks.size() - 1));
    assertFalse(tasks.stream().anyMatch(task -> task.startsWith("training")), tasks.toString());
    assertEquals(4, Files.readAllLines(folder.resolve("run/metrics.jsonl")).size());
    try (Stream<Path> left = Files.list(folder.resolve("run/checkpoints"))) {
      List<String> names =
          left.map(path -> path.getFileName().toString())
              .filter(name -> name.endsWith(".safetensors"))
              .sorted()
              .toList();
      assertEquals(
          List.of(
              "score-0000-losses-000000008.safetensors", "score-0001-losses-000000008.safetensors"),
          names);
    }
  }

  /** Leaves a checkpoint after the first step. */
  private void stopTraining(String run, String... settings) {
    stopTraining(run, 1, settings);
  }

  private void stopTraining(String run, int steps, String... settings) {
    CancellationToken cancelled = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (unit.equals("steps") && done == steps) {
              cancelled.cancel();
            }
          }
        };
    assertThrows(
        RunCancelledException.class, () -> score(run, grey(), cancelled, stopper, settings));
  }

  /** Neither that of a training nor the losses of a fold that is done. */
  @Test
  void checkpointOfOtherSettingsIsNotTaken() {
    String[] settings = with(TRAINED, "score.epochs=1");
    Scores whole = whole(settings);
    // One step a fold.
    stopTraining("run", 2, with(settings, "score.learning-rate=0.02"));
    assertEquals(whole, score("run", grey(), settings));
  }

  @Test
  void aFoldWhoseLossesAreDamagedIsTrainedAgain() throws IOException {
    String[] settings = with(TRAINED, "score.epochs=1");
    Scores whole = whole(settings);
    stopTraining("run", 2, settings);
    Path losses = folder.resolve("run/checkpoints/score-0000-losses-000000008.safetensors");
    Files.write(losses, new byte[100]);
    assertEquals(whole, score("run", grey(), new CancellationToken(), heard, settings));
    assertEquals(
        List.of("the losses of fold 1 are damaged; its scorer is trained again"), heard.warnings());
  }

  @Test
  void checkpointOfImagesOfWhichOneCanNoLongerBeReadIsNotTaken() {
    String[] skip = with(TRAINED, "data.on-bad-image=skip", "score.epochs=1");
    stopTraining("run", skip);
    Scores whole = score("whole", grey().withBad(3, "it ends early"), skip);
    assertEquals(whole, score("run", grey().withBad(3, "it ends early"), skip));
  }

  @Test
  void badImagesAreLeftOutAndListedOrFail() throws IOException {
    String[] skip = with(TRAINED, "data.on-bad-image=skip", "score.epochs=1");
    PatternDataset data = grey().withBad(3, "it ends early");
    Scores scores = score("run", data, new CancellationToken(), heard, skip);
    assertEquals(15, scores.entries().size());
    assertEquals(
        Map.of(data.training().get(3).id(), "it ends early"),
        LeftOut.read(folder.resolve("run/left-out.csv")).reasons());
    assertEquals(1, heard.warnings().size());
    InputException error = assertThrows(InputException.class, () -> score("other", data, TRAINED));
    assertTrue(error.getMessage().contains("it ends early"), error.getMessage());
  }

  @Test
  void fewImagesCanBeScored() {
    Scores scores = score("run", new PatternDataset(12, 1, 1, "a", "b"), TRAINED);
    assertEquals(2, scores.entries().size());
    // Three folds have no image.
    String[] folds = with(TRAINED, "score.folds=5");
    assertEquals(2, score("five", new PatternDataset(12, 1, 1, "a", "b"), folds).entries().size());
    assertThrows(
        InputException.class, () -> score("other", new PatternDataset(12, 1, 1, "a"), TRAINED));
  }

  @Test
  void foldsWithOneImageOfAClassAreToldOf() {
    String[] settings = with(TRAINED, "score.epochs=1", "score.folds=4");
    PatternDataset data = new PatternDataset(12, 1, 4, "a", "b");
    Scores scores = score("run", data, new CancellationToken(), heard, settings);
    assertEquals(
        List.of(
            "score.folds: 4 leaves fewer than two images per fold in a, b: easy images are hardly"
                + " distinguished from hard ones; lower it"),
        heard.warnings());
    long different = scores.entries().stream().map(Scores.Entry::loss).distinct().count();
    assertEquals(scores.entries().size(), different);
  }

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

  private Path weights(String broken) throws IOException {
    return weights(broken, 1000);
  }

  private Path weights(String broken, int outputs) throws IOException {
    return weights(broken, outputs, 1);
  }

  private Path weights(String broken, int outputs, int seed) throws IOException {
    Path file = folder.resolve("weights.safetensors");
    Network network = ScorerResNet18.of(3, outputs);
    try (PointerScope scope = new PointerScope();
        NamedTensors state =
            network.initialise(RandomStream.of(seed, Purpose.SCORER_INITIALISATION, 0, 0))) {
      if (!broken.isEmpty()) {
        state.put(broken, torch.full(Tensors.shape(state.get(broken)), nan(), Tensors.float32()));
      }
      Safetensors.write(file, state, Map.of());
    }
    return file;
  }

  private static Scalar nan() {
    return new Scalar(Double.NaN);
  }

  private static String[] pretrained(Path weights) {
    return new String[] {
      "data.source=builtin:fashion-mnist-mini",
      "score.weights=" + weights,
      "score.resolution=32",
      "score.batch=3"
    };
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
  void pretrainedScoringThatWasStoppedEndsBitIdentical() throws IOException {
    String[] settings = with(pretrained(weights("")), "data.on-bad-image=skip");
    PatternDataset data =
        new PatternDataset(20, 3, 6, "n01440764", "n02102040")
            .withBad(2, "it ends early")
            .withBad(8, "it is empty");
    score("whole", data, settings);
    CancellationToken cancellation = new CancellationToken();
    assertThrows(
        RunCancelledException.class,
        () -> score("stopped", data, cancellation, stopAt(6, cancellation), settings));
    assertFalse(Files.exists(folder.resolve("stopped/scores.csv")));
    score("stopped", data, new CancellationToken(), heard, settings);
    assertEquals(List.of(9L, 12L), heard.done());
    try (Stream<Path> files = Files.walk(folder.resolve("whole"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Path same = folder.resolve("stopped").resolve(folder.resolve("whole").relativize(file));
        if (!file.endsWith(".lock") && !file.endsWith("run.log")) {
          assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(same), same.toString());
        }
      }
    }
    assertEquals(
        List.of("it ends early", "it is empty"),
        List.copyOf(LeftOut.read(folder.resolve("stopped/left-out.csv")).reasons().values()));
  }

  @Test
  void pretrainedScoringThatAnEarlierVersionBeganGoesOn() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 6, "n01440764", "n02102040").withTests("1");
    PatternDataset before =
        new PatternDataset(20, 3, 6, "n01440764", "n02102040").withTests("1").knownByAll();
    String[] settings = pretrained(weights(""));
    CancellationToken stop = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", before, stop, stopAt(6, stop), settings));
    score("run", data, new CancellationToken(), heard, settings);
    assertEquals(List.of(9L, 12L), heard.done());
  }

  @Test
  void aScorerThatAnEarlierVersionBeganGoesOn() {
    String[] settings = with(TRAINED, "score.batch=4");
    CancellationToken stop = new CancellationToken();
    RunListener atFive =
        new RunListener() {
          private int steps;

          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            // Within the second fold of four steps each.
            if (unit.equals("steps") && ++steps == 6) {
              stop.cancel();
            }
          }
        };
    PatternDataset before = grey().withTests("1").knownByAll();
    assertThrows(RunCancelledException.class, () -> score("run", before, stop, atFive, settings));
    Scores scores = score("run", grey().withTests("1"), new CancellationToken(), heard, settings);
    assertEquals(score("whole", grey(), settings), scores);
    List<Heard.Progress> steps =
        heard.progress().stream().filter(progress -> progress.unit().equals("steps")).toList();
    assertTrue(steps.get(0).done() > 4, steps.toString());
  }

  @Test
  void checkpointsOfOtherImagesDoNotOutliveThoseOfTheseImages() throws IOException {
    String[] settings = pretrained(weights(""));
    PatternDataset fewer = new PatternDataset(20, 3, 5, "n01440764", "n02102040");
    PatternDataset more = new PatternDataset(20, 3, 6, "n01440764", "n02102040");
    CancellationToken late = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", fewer, late, stopAt(9, late), settings));
    CancellationToken early = new CancellationToken();
    assertThrows(
        RunCancelledException.class, () -> score("run", more, early, stopAt(6, early), settings));
    score("run", more, new CancellationToken(), heard, settings);
    assertEquals(List.of(9L, 12L), heard.done());
  }

  @Test
  void weightsMayBeMovedWhileAScoringIsStoppedButNotReplaced() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    CancellationToken stop = new CancellationToken();
    String[] settings = pretrained(weights(""));
    assertThrows(
        RunCancelledException.class, () -> score("run", data, stop, stopAt(3, stop), settings));
    Path moved = Files.move(weights(""), folder.resolve("moved.safetensors"));
    InputException error =
        assertThrows(
            InputException.class, () -> score("run", data, pretrained(weights("", 1000, 2))));
    assertTrue(error.getMessage().startsWith("score.weights: the file that"), error.getMessage());
    score("run", data, new CancellationToken(), heard, pretrained(moved));
    assertEquals(List.of(6L, 8L), heard.done());
  }

  @Test
  void resolutionZeroIsThatOfTheData() throws IOException {
    PatternDataset data = new PatternDataset(20, 3, 4, "n01440764", "n02102040");
    Path file = weights("");
    Scores asked = score("asked", data, with(pretrained(file), "score.resolution=20"));
    assertEquals(asked, score("zero", data, with(pretrained(file), "score.resolution=0")));
  }

  private static RunListener stopAt(long images, CancellationToken cancellation) {
    return new RunListener() {
      @Override
      public void progress(String stage, String task, long done, long total, String unit) {
        if (done >= images) {
          cancellation.cancel();
        }
      }
    };
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

  @Test
  void scoresOfAnotherRunAreTaken() throws IOException {
    Scores scores = score("first", grey(), TRAINED);
    String[] from = with(TRAINED, "score.from=" + folder.resolve("first"));
    PatternDataset data = grey();
    assertEquals(scores, score("second", data, from));
    assertEquals(0, data.reads());
    assertTrue(Files.exists(folder.resolve("second/gallery/index.json")));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("first/scores.csv")),
        Files.readAllBytes(folder.resolve("second/scores.csv")));
    PatternDataset other = new PatternDataset(12, 1, 9, "cat, \"wild\"", "dog/wolf");
    String message =
        assertThrows(InputException.class, () -> score("third", other, from)).getMessage();
    assertTrue(message.contains("another data set"), message);
    String[] nowhere = with(TRAINED, "score.from=" + folder.resolve("nowhere"));
    assertThrows(InputException.class, () -> score("fourth", grey(), nowhere));
    Path changed = folder.resolve("first/scores.csv");
    Files.writeString(changed, Files.readString(changed).replace("dog", "god"));
    message = assertThrows(InputException.class, () -> score("fifth", grey(), from)).getMessage();
    assertTrue(message.contains("is not as its run left it"), message);
  }
}
