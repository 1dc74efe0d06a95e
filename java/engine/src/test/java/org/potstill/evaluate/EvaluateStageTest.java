package org.potstill.evaluate;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DataConfig;
import org.potstill.config.EvaluateConfig;
import org.potstill.data.BadImageException;
import org.potstill.data.Dataset;
import org.potstill.data.ImageRecord;
import org.potstill.data.ImageTransforms;
import org.potstill.data.Normalisation;
import org.potstill.data.PatternDataset;
import org.potstill.distill.DistilledSet;
import org.potstill.distill.ImageFolder;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.prune.CoreSet;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.score.LeftOut;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;

class EvaluateStageTest {

  private static final int SIDE = 8;
  private static final int PER_CLASS = 2;
  private static final String[] SETTINGS = {
    "data.source=builtin:fashion-mnist-mini",
    "distill.network.depth=2",
    "distill.network.width=8",
    "evaluate.networks=[convnet]",
    "evaluate.repeats=2",
    "evaluate.epochs=30",
    "evaluate.batch=4",
    "evaluate.learning-rate=0.02"
  };

  @TempDir Path folder;

  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  private static PatternDataset data() {
    return new PatternDataset(SIDE, 1, 10, "a", "b", "c");
  }

  private static String[] with(String... more) {
    String[] all = Arrays.copyOf(SETTINGS, SETTINGS.length + more.length);
    System.arraycopy(more, 0, all, SETTINGS.length, more.length);
    return all;
  }

  /** A set of the first real images of every class: good ones, or with labels shifted by one. */
  private static DistilledSet set(
      Dataset data, boolean good, Normalisation normalisation, List<String> keys) {
    List<float[]> images = new ArrayList<>();
    List<Long> labels = new ArrayList<>();
    for (int k = 0; k < keys.size(); k++) {
      int c = data.classKeys().indexOf(keys.get(k));
      List<ImageRecord> all = data.training();
      List<ImageRecord> ofClass = all.stream().filter(i -> i.classIndex() == c).toList();
      for (int i = 0; i < PER_CLASS; i++) {
        images.add(pixels(data, ofClass.get(i), normalisation));
        labels.add((long) (good ? k : (k + 1) % keys.size()));
      }
    }
    int size = images.get(0).length;
    float[] flat = new float[size * images.size()];
    for (int i = 0; i < images.size(); i++) {
      System.arraycopy(images.get(i), 0, flat, i * size, size);
    }
    long[] values = labels.stream().mapToLong(Long::longValue).toArray();
    try (PointerScope scope = new PointerScope()) {
      return DistilledSet.of(
          Tensors.of(flat, images.size(), data.channels(), SIDE, SIDE),
          Tensors.of(values, values.length),
          new DistilledSet.Description(
              normalisation, keys, keys, "dm", "pixel", "1", "hash", OptionalDouble.empty()));
    }
  }

  private static float[] pixels(Dataset data, ImageRecord image, Normalisation normalisation) {
    try {
      return ImageTransforms.distill(normalisation, SIDE, DataConfig.Resize.ANTIALIAS)
          .apply(data.read(image));
    } catch (BadImageException e) {
      throw new AssertionError(e);
    }
  }

  private static void write(Dataset data, boolean good, Path file) {
    try (DistilledSet set = set(data, good, data.normalisation(), data.classKeys())) {
      set.write(file);
    }
  }

  private Evaluation evaluate(String run, Dataset data, Path stranger, String... settings) {
    return evaluate(run, data, stranger, new CancellationToken(), RunListener.SILENT, settings);
  }

  private Evaluation evaluate(
      String run,
      Dataset data,
      Path stranger,
      CancellationToken cancellation,
      RunListener listener,
      String... settings) {
    try (RunDirectory directory = RunDirectory.open(prepared(run), Existing.RESUME)) {
      RunContext context = new RunContext(directory, listener, cancellation, 3, 1);
      EvaluateStage stage = new EvaluateStage(ConfigLoader.of(settings), data, context);
      return stranger == null ? stage.run() : stage.run(stranger);
    }
  }

  private Path prepared(String run) {
    Path root = folder.resolve(run);
    if (!Files.exists(root.resolve("config.yaml"))) {
      AtomicFiles.writeString(root.resolve("config.yaml"), "marks a run\n");
      write(data(), true, root.resolve(DistilledSet.FILE));
    }
    return root;
  }

  @Test
  void goodImagesTeachAndTheFileSaysSo() throws IOException {
    Evaluation evaluation = evaluate("run", data(), null, with("evaluate.baselines=[random]"));
    double mean = evaluation.distilled().networks().get("convnet").mean();
    assertTrue(mean > 0.8, "accuracy " + mean);
    JsonNode json = new ObjectMapper().readTree(folder.resolve("run/evaluation.json").toFile());
    assertEquals(mean, json.at("/networks/convnet/mean").asDouble());
    assertEquals(2, json.at("/networks/convnet/accuracies").size());
    assertTrue(json.at("/cross/mean").isNull());
    assertTrue(json.at("/cross/std").isNull());
    assertEquals(2, json.at("/baselines/random/networks/convnet/accuracies").size());
    assertEquals(15, json.at("/protocol/test-images").asInt());
    assertFalse(Files.exists(folder.resolve("run/checkpoints/evaluate.json")));
    assertEquals(4, Files.readAllLines(folder.resolve("run/metrics.jsonl")).size());
  }

  @Test
  void badTestImagesAreLeftOutAndListedOrFail() throws IOException {
    PatternDataset data = data().withBadTest(4, "it ends early");
    Path list = prepared("run").resolve(LeftOut.FILE);
    new LeftOut(Map.of("train/a/0.png", "it is empty")).write(list);
    String[] skip = with("data.on-bad-image=skip", "evaluate.repeats=1", "evaluate.epochs=1");
    evaluate("run", data, null, skip);
    assertEquals(
        Map.of("train/a/0.png", "it is empty", data.test().get(4).id(), "it ends early"),
        LeftOut.read(list).reasons());
    JsonNode json = new ObjectMapper().readTree(folder.resolve("run/evaluation.json").toFile());
    assertEquals(14, json.at("/protocol/test-images").asInt());
    InputException error =
        assertThrows(InputException.class, () -> evaluate("other", data, null, with()));
    assertTrue(error.getMessage().contains("it ends early"), error.getMessage());
  }

  @Test
  void scheduleAndAverageAreThoseOfTheConfiguration() {
    String[] shortened = with("evaluate.repeats=1", "evaluate.epochs=4");
    Evaluation published = evaluate("run", data(), null, shortened);
    assertEquals("running average, decay 0.995", published.protocol().get("tested-weights"));
    String[] older = Arrays.copyOf(shortened, shortened.length + 2);
    older[shortened.length] = "evaluate.schedule=step";
    older[shortened.length + 1] = "evaluate.ema=0";
    Evaluation step = evaluate("run", data(), null, older);
    assertEquals("after the last epoch", step.protocol().get("tested-weights"));
    assertEquals(
        "constant over the first half of the epochs, then a tenth",
        step.protocol().get("schedule"));
    LearningRateSchedule schedule = LearningRateSchedule.of(EvaluateConfig.Schedule.STEP, 5, 1);
    assertEquals(
        List.of(1.0, 1.0, 1.0, 0.1, 0.1), IntStream.range(0, 5).mapToObj(schedule::at).toList());
  }

  @Test
  void withoutDecayTheAverageIsTheLatestState() {
    try (PointerScope scope = new PointerScope();
        NamedTensors state = new NamedTensors()) {
      state.put("w", Tensors.of(new float[] {1, 2}, 2));
      try (ExponentialMovingAverage average = new ExponentialMovingAverage(state, 0)) {
        for (float value = 3; value < 6; value++) {
          state.put("w", Tensors.of(new float[] {value, -value}, 2));
          average.update(state);
        }
        assertArrayEquals(new float[] {5, -5}, Tensors.toFloats(average.average().get("w")));
      }
    }
  }

  @Test
  void everyBaselineIsMeasuredAndTeaches() throws IOException {
    PatternDataset data = data();
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (int i = 0; i < data.training().size(); i++) {
      ImageRecord image = data.training().get(i);
      String key = data.classKeys().get(image.classIndex());
      kept.add(new CoreSet.Entry(image.id(), key, 100f - i, i % 10 + 1));
    }
    new CoreSet(kept).write(prepared("run").resolve(CoreSet.FILE));
    String[] all = with("evaluate.baselines=[easiest,herding,k-center,full]", "evaluate.repeats=1");
    Evaluation evaluation = evaluate("run", data, null, all);
    assertEquals(
        List.of("easiest", "herding", "k-center", "full"),
        List.copyOf(evaluation.baselines().keySet()));
    evaluation
        .baselines()
        .forEach(
            (name, set) ->
                assertTrue(set.networks().get("convnet").mean() > 0.6, name + " " + set));
    Evaluation again = evaluate("run", data, null, all);
    assertEquals(evaluation.baselines(), again.baselines());
  }

  @Test
  void easiestImagesAreThoseOfLowestLoss() {
    PatternDataset data = data();
    List<CoreSet.Entry> kept = new ArrayList<>();
    for (int i = 0; i < 30; i += 3) {
      ImageRecord image = data.training().get(i);
      String key = data.classKeys().get(image.classIndex());
      kept.add(new CoreSet.Entry(image.id(), key, 100f - i, i + 1));
    }
    Path root = prepared("run");
    new CoreSet(kept).write(root.resolve(CoreSet.FILE));
    try (RunDirectory directory = RunDirectory.open(root, Existing.RESUME)) {
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), 3, 1);
      Config config = ConfigLoader.of(with());
      List<ImageRecord> chosen =
          new Baselines(config, data, context, null, new int[] {2, 1, 9}).easiest();
      assertEquals(
          List.of(9, 6, 18, 27, 24, 21), chosen.stream().map(data.training()::indexOf).toList());
      kept.set(0, new CoreSet.Entry(kept.get(0).id(), "a", Float.NaN, 1));
      new CoreSet(kept).write(root.resolve(CoreSet.FILE));
      Baselines unscored = new Baselines(config, data, context, null, new int[] {2, 1, 9});
      String message =
          assertThrows(InputException.class, () -> unscored.of("easiest")).getMessage();
      assertTrue(message.contains("evaluate.baselines: easiest"), message);
    }
  }

  @Test
  void crossIsTheMeanOverTheOtherNetworks() {
    Evaluation.NetworkResult convnet = new Evaluation.NetworkResult(List.of(0.9, 0.9));
    Evaluation.NetworkResult alexnet = new Evaluation.NetworkResult(List.of(0.2, 0.4));
    Evaluation.NetworkResult vit = new Evaluation.NetworkResult(List.of(0.4, 0.4));
    Evaluation.SetResult set =
        new Evaluation.SetResult(
            Map.of("convnet", convnet, "alexnet", alexnet, "vit", vit), "convnet");
    assertEquals(0.35, set.crossMean().orElseThrow(), 1e-12);
    assertEquals(0.05, set.crossStd().orElseThrow(), 1e-12);
    assertEquals(0.1, alexnet.std(), 1e-12);
  }

  @Test
  void evaluationThatWasStoppedEndsBitIdentical() throws IOException {
    String[] settings = with("evaluate.baselines=[random]");
    evaluate("whole", data(), null, settings);
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (unit.equals("epochs") && done == 65) {
              cancellation.cancel();
            }
          }
        };
    assertThrows(
        RunCancelledException.class,
        () -> evaluate("stopped", data(), null, cancellation, stopper, settings));
    assertFalse(Files.exists(folder.resolve("stopped/evaluation.json")));
    List<Long> done = new ArrayList<>();
    RunListener listener =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long count, long total, String unit) {
            if (unit.equals("epochs")) {
              done.add(count);
            }
          }
        };
    evaluate("stopped", data(), null, new CancellationToken(), listener, settings);
    assertEquals(61, done.get(0));
    assertEquals(
        Files.readString(folder.resolve("whole/evaluation.json")),
        Files.readString(folder.resolve("stopped/evaluation.json")));
    assertEquals(4, Files.readAllLines(folder.resolve("stopped/metrics.jsonl")).size());
  }

  @Test
  void bestIterationIsChosenOnTheValidationShare() throws IOException {
    Path root = prepared("run");
    write(data(), false, root.resolve(DistilledSet.historyFile(5)));
    write(data(), true, root.resolve(DistilledSet.historyFile(10)));
    write(data(), false, root.resolve(DistilledSet.historyFile(12)));
    write(data(), false, root.resolve(DistilledSet.FILE));
    String[] settings = with("evaluate.every=5", "distill.iterations=12");
    PatternDataset data = data();
    Evaluation evaluation = evaluate("run", data, null, settings);
    assertEquals(10, evaluation.protocol().get("selected-iteration"));
    assertTrue(evaluation.distilled().networks().get("convnet").mean() > 0.8);
    assertEquals(
        -1,
        Files.mismatch(
            root.resolve(DistilledSet.FILE), root.resolve(DistilledSet.historyFile(10))));
    assertTrue(Files.exists(root.resolve("distilled/images/a/00.png")));
    Evaluation paper =
        evaluate("run", data(), null, with("evaluate.every=5", "evaluate.protocol=paper"));
    assertEquals("test images", paper.protocol().get("selected-on"));
  }

  @Test
  void choosingWithoutAValidationShareIsAnError() {
    String[] settings = with("evaluate.every=5");
    String message =
        assertThrows(
                InputException.class,
                () -> evaluate("run", data().withoutValidation(), null, settings))
            .getMessage();
    assertTrue(message.contains("data.validation-share"), message);
    assertTrue(message.contains("evaluate.every"), message);
    evaluate("run", data().withoutValidation(), null, with("evaluate.epochs=1"));
  }

  @Test
  void strangersSetIsBroughtToTheTermsOfTheData() {
    PatternDataset data = data();
    Path file = folder.resolve("stranger.safetensors");
    Normalisation other = new Normalisation(List.of(0.1), List.of(0.7));
    try (DistilledSet set = set(data, true, other, List.of("c", "a", "b"))) {
      set.write(file);
    }
    try (LabelledImages images = new DistilledImages(file, data).load(0)) {
      long[] labels = Tensors.toLongs(images.labels());
      assertEquals(List.of(2L, 2L, 0L, 0L, 1L, 1L), Arrays.stream(labels).boxed().toList());
      float[] expected = pixels(data, data.training().get(0), data.normalisation());
      try (PointerScope scope = new PointerScope()) {
        float[] found = Tensors.toFloats(images.images().select(0, 2));
        for (int i = 0; i < found.length; i++) {
          assertEquals(expected[i], found[i], 1e-5f);
        }
      }
    }
  }

  @Test
  void folderOfPicturesIsAStrangersSetToo() {
    PatternDataset data = data();
    Path pictures = folder.resolve("pictures");
    try (DistilledSet set = set(data, true, data.normalisation(), data.classKeys())) {
      ImageFolder.write(set, pictures);
    }
    Evaluation evaluation = evaluate("run", data, pictures, SETTINGS);
    assertTrue(evaluation.distilled().networks().get("convnet").mean() > 0.8);
    String message =
        assertThrows(
                InputException.class,
                () ->
                    evaluate(
                        "other", new PatternDataset(SIDE, 1, 4, "a", "b", "x"), pictures, SETTINGS))
            .getMessage();
    assertTrue(message.contains("none of the classes"), message);
  }

  @Test
  void setsThatDoNotFitAreErrors() {
    Path file = folder.resolve("set.safetensors");
    write(data(), true, file);
    PatternDataset larger = new PatternDataset(12, 1, 4, "a", "b", "c");
    assertTrue(fault(file, larger).contains("data.resolution"));
    PatternDataset colour = new PatternDataset(SIDE, 3, 4, "a", "b", "c");
    assertTrue(fault(file, colour).contains("1 channels"));
    PatternDataset others = new PatternDataset(SIDE, 1, 4, "a", "b", "x");
    assertTrue(fault(file, others).contains("class 'c'"));
    assertTrue(fault(folder.resolve("none.safetensors"), data()).contains("no such file"));
  }

  private String fault(Path file, Dataset data) {
    return assertThrows(
            InputException.class, () -> evaluate("faulty", data, file, with("evaluate.epochs=1")))
        .getMessage();
  }

  @Test
  void randomBaselineIsAFreshChoiceOfTrainingImages() {
    PatternDataset data = data();
    RunContext context = new RunContext(null, RunListener.SILENT, new CancellationToken(), 3, 1);
    RandomImages random = new RandomImages(data, null, context, new int[] {2, 1, 3});
    List<ImageRecord> first = random.choose(0);
    assertEquals(List.of(0, 0, 1, 2, 2, 2), first.stream().map(ImageRecord::classIndex).toList());
    assertTrue(data.training().containsAll(first));
    assertEquals(6, first.stream().distinct().count());
    assertEquals(first, random.choose(0));
    assertNotEquals(first, random.choose(1));
  }

  @Test
  void onlyTheImagesThatAreNeededAreDecoded() {
    PatternDataset data = data();
    evaluate(
        "run",
        data,
        null,
        with("evaluate.baselines=[random]", "evaluate.epochs=1", "evaluate.repeats=1"));
    assertEquals(15 + 3 * PER_CLASS, data.reads());
    assertTrue(data.validation().stream().noneMatch(image -> data.wasDecoded(image.id())));
  }
}
