package org.potstill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.potstill.config.Config;
import org.potstill.errors.InputException;
import org.potstill.pipeline.RunOptions;
import org.potstill.pipeline.RunResult;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.testing.TinyConfig;

class ChangedRunTest extends PotstillTests {

  @Test
  void aMistakeShowsBeforeARunIsOverwritten() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    byte[] stages = Files.readAllBytes(run.resolve("stages.json"));
    byte[] scores = Files.readAllBytes(run.resolve("scores.csv"));
    Path link = Files.createSymbolicLink(temp.resolve("link"), run);
    Path none = temp.resolve("none");
    Path unscored = withoutScores();
    Map<String, String> mistakes = new LinkedHashMap<>();
    mistakes.put("score.from=" + run, "is the run directory itself");
    mistakes.put("score.from=" + link, "is the run directory itself");
    mistakes.put("score.from=" + none, "score.from: " + none + " does not exist");
    mistakes.put("score.from=" + unscored, "score.from: there is no scores.csv");
    mistakes.put("evaluate.from=" + run, "is the run directory itself");
    mistakes.put("evaluate.from=" + none, "evaluate.from: " + none + " does not exist");
    Path file = Files.writeString(temp.resolve("run.txt"), "a run, packed");
    for (String key : List.of("score.from", "evaluate.from")) {
      mistakes.put(key + "=" + file, key + ": " + file + " is a file, not a run directory");
    }
    mistakes.put("evaluate.from=" + unscored, "evaluate.from: there is no trials.json");
    String experts = "distill.method=mtt,experts.from=";
    mistakes.put(experts + run, "is the run directory itself");
    mistakes.put(experts + whole(), "experts.from: there is no experts/expert-0000.safetensors");
    mistakes.put("score.weights=" + none, "score.weights: there is no file " + none);
    mistakes.put("score.weights=" + run.resolve("scores.csv"), "have no output");
    mistakes.put("prune.mode=random,evaluate.baselines=[easiest]", "prune.mode: random");
    mistakes.put("distill.space=ld3m,distill.prior.init=random", "data.resolution: the random");
    mistakes.put(
        "distill.space=glad,distill.prior.init=random,distill.prior.layer=18",
        "distill.prior.layer: 18");
    mistakes.put("prune.keep=0.000001", "prune.keep: ");
    mistakes.put("prune.keep=0.000001,prune.mode=random", "prune.keep: ");
    mistakes.put("distill.images-per-class=1000", "distill.images-per-class: 1000");
    mistakes.put("distill.network.name=alexnet", "distill.network: alexnet at 28 pixels");
    for (Map.Entry<String, String> mistake : mistakes.entrySet()) {
      Config config = TinyConfig.load(temp, run, mistake.getKey().split(",", -1));
      InputException error =
          assertThrows(
              InputException.class,
              () ->
                  Potstill.run(
                      config, RunOptions.OVERWRITE, RunListener.SILENT, new CancellationToken()),
              mistake.getKey());
      assertTrue(error.getMessage().contains(mistake.getValue()), error.getMessage());
      assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")), mistake.getKey());
      assertArrayEquals(scores, Files.readAllBytes(run.resolve("scores.csv")), mistake.getKey());
    }
  }

  @Test
  void aMistakeShowsBeforeAStageIsRepeated() throws Exception {
    Path run = temp.resolve("run");
    for (String stage : List.of("score", "prune", "distill")) {
      Potstill.runStage(
          stage, scored(run), RunOptions.NEW, RunListener.SILENT, new CancellationToken());
    }
    List<Path> files = new ArrayList<>(List.of(run.resolve("config.yaml")));
    files.add(run.resolve("stages.json"));
    files.add(run.resolve("checkpoints/distill-000000012.safetensors"));
    List<byte[]> before = new ArrayList<>();
    for (Path file : files) {
      before.add(Files.readAllBytes(file));
    }
    Config wrong = scored(run, "distill.images-per-class=1000");
    InputException error = assertThrows(InputException.class, () -> repeat("distill", wrong));
    assertTrue(error.getMessage().contains("distill.images-per-class: 1000"), error.getMessage());
    for (int i = 0; i < before.size(); i++) {
      assertArrayEquals(before.get(i), Files.readAllBytes(files.get(i)), files.get(i).toString());
    }
    // What only another stage would lack is no reason.
    assertEquals(List.of("prune"), repeat("prune", wrong).stages());
  }

  @Test
  void anEvaluationIsForgottenOnlyWhereItsImagesAreThere() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(untrained(run), RunListener.SILENT);
    assertEquals(6, Potstill.evaluation(run).protocol().get("selected-iteration"));
    byte[] stages = Files.readAllBytes(run.resolve("stages.json"));
    Path history = run.resolve("distilled/history");
    Files.writeString(history.resolve("000006.safetensors"), "damaged");
    assertNotEvaluated(untrained(run), "000006.safetensors");
    Files.delete(history.resolve("000006.safetensors"));
    byte[] last = Files.readAllBytes(history.resolve("000012.safetensors"));
    Files.delete(history.resolve("000012.safetensors"));
    assertNotEvaluated(untrained(run), "holds no images of an iteration that evaluate.every: 6");
    assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")));
    CancellationToken token = new CancellationToken();
    Config changed = untrained(run, "evaluate.epochs=7");
    assertThrows(
        InputException.class,
        () -> Potstill.run(changed, RunOptions.RESUME, RunListener.SILENT, token));
    assertArrayEquals(stages, Files.readAllBytes(run.resolve("stages.json")));
    // The sixth were chosen, and are no longer there beside the last ones.
    assertNotEvaluated(untrained(run, "evaluate.every=0"), "holds images of an earlier iteration");
    Files.write(history.resolve("000012.safetensors"), last);
    assertEquals(
        List.of("evaluate"), repeat("evaluate", untrained(run, "evaluate.every=0")).stages());
    assertArrayEquals(last, Files.readAllBytes(run.resolve("distilled/distilled.safetensors")));
  }

  @Test
  void damagedImagesOfAFinishedRunAreNamed() throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    Path images = run.resolve("distilled/distilled.safetensors");
    byte[] bytes = Files.readAllBytes(images);
    bytes[bytes.length - 40] ^= 1;
    Files.write(images, bytes);
    CancellationToken token = new CancellationToken();
    InputException error =
        assertThrows(
            InputException.class,
            () -> Potstill.run(scored(run), RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(error.getMessage().startsWith(images.toString()), error.getMessage());
    assertTrue(error.getMessage().endsWith("from the last checkpoint"), error.getMessage());
    bytes[bytes.length - 40] ^= 1;
    Files.write(images, bytes);
    assertTrue(
        Potstill.run(scored(run), RunOptions.RESUME, RunListener.SILENT, token).wasFinished());
  }

  /** Its networks stay as they began, so no iteration is better than the first one. */
  private Config untrained(Path run, String... settings) throws Exception {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("evaluate.learning-rate=1e-12");
    return scored(run, all.toArray(String[]::new));
  }

  private static void assertNotEvaluated(Config config, String words) {
    InputException error = assertThrows(InputException.class, () -> repeat("evaluate", config));
    assertTrue(error.getMessage().contains(words), error.getMessage());
  }

  @Test
  void expertsAreKeptWhereTheyGrowAndTrainedAnewWhereTheyAreRepeated() throws Exception {
    Path run = temp.resolve("run");
    Path expert = run.resolve("experts/expert-0000.safetensors");
    repeat("prune", experts(run, 1, 0.01));
    repeat("experts", experts(run, 1, 0.01));
    byte[] first = Files.readAllBytes(expert);
    Potstill.runStage(
        "experts",
        experts(run, 2, 0.01),
        RunOptions.RESUME,
        RunListener.SILENT,
        new CancellationToken());
    assertArrayEquals(first, Files.readAllBytes(expert));
    assertTrue(Files.exists(run.resolve("experts/expert-0001.safetensors")));
    repeat("experts", experts(run, 1, 0.02));
    assertFalse(Arrays.equals(first, Files.readAllBytes(expert)));
    assertFalse(Files.exists(run.resolve("experts/expert-0001.safetensors")));
  }

  private Config experts(Path run, int count, double rate) throws Exception {
    return TinyConfig.load(
        temp,
        run,
        "prune.mode=random",
        "distill.method=mtt",
        "experts.count=" + count,
        "experts.epochs=2",
        "experts.learning-rate=" + rate,
        "distill.trajectory.expert-epochs=1",
        "distill.trajectory.max-start-epoch=1");
  }

  private static RunResult repeat(String stage, Config config) {
    return Potstill.runStage(
        stage, config, RunOptions.OVERWRITE, RunListener.SILENT, new CancellationToken());
  }

  private Path withoutScores() throws Exception {
    Path folder = Files.createDirectory(temp.resolve("without"));
    Files.copy(whole().resolve("stages.json"), folder.resolve("stages.json"));
    return folder;
  }

  @Test
  void aMistakeShowsBeforeAnythingRunsWhereARunIsResumedThatNeverBegan() throws Exception {
    Config config = TinyConfig.load(temp, temp.resolve("new"), "distill.images-per-class=1000");
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.run(
                    config, RunOptions.RESUME, RunListener.SILENT, new CancellationToken()));
    assertTrue(error.getMessage().contains("distill.images-per-class: 1000"), error.getMessage());
    assertFalse(Files.exists(temp.resolve("new")));
  }

  @Test
  void onlyWhatExtendsARunMayChangeOnResume() throws Exception {
    Path run = temp.resolve("run");
    CancellationToken token = new CancellationToken();
    Potstill.run(scored(run), RunListener.SILENT);
    InputException error =
        assertThrows(
            InputException.class,
            () ->
                Potstill.run(
                    scored(run, "prune.keep=0.5"), RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(error.getMessage().contains("prune.keep"), error.getMessage());
    assertEquals(
        List.of("distill", "evaluate", "report"),
        Potstill.run(
                scored(run, "distill.iterations=15"), RunOptions.RESUME, RunListener.SILENT, token)
            .stages());
  }

  @Test
  void moreIterationsAreRefusedBeforeAnythingIsForgottenWhereNoCheckpointIsSound()
      throws Exception {
    Path run = temp.resolve("run");
    Potstill.run(scored(run), RunListener.SILENT);
    for (Path file : checkpoints(run)) {
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 1] ^= 1;
      Files.write(file, bytes);
    }
    CancellationToken token = new CancellationToken();
    Config more = scored(run, "distill.iterations=15");
    InputException error =
        assertThrows(
            InputException.class,
            () -> Potstill.run(more, RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(error.getMessage().contains("is damaged"), error.getMessage());
    assertThrows(
        InputException.class,
        () -> Potstill.runStage("distill", more, RunOptions.RESUME, RunListener.SILENT, token));
    assertTrue(
        Potstill.run(scored(run), RunOptions.RESUME, RunListener.SILENT, token).wasFinished());
  }
}
