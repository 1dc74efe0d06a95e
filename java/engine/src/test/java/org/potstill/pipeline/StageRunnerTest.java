package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.Fingerprint;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.StageLog;
import org.potstill.testing.Heard;

class StageRunnerTest {

  @TempDir Path temp;
  private RunDirectory directory;
  private final CancellationToken cancellation = new CancellationToken();
  private final Map<String, String> config = new TreeMap<>();
  private final List<String> worked = new ArrayList<>();
  private final Heard heard = new Heard();
  private Map<String, String> environment = Map.of("java", "17", "threads", "2");
  private String data = "data 1";
  private String tests = " with tests 1";
  private boolean distillFails;
  private boolean evaluateFails;
  private String chosen = "";
  private boolean lacksSomething;
  private boolean scoresAreLost;
  private boolean scoreFails;

  @BeforeEach
  void openDirectory() {
    directory = RunDirectory.open(temp.resolve("run"), Existing.FAIL);
    config.putAll(Map.of("score.batch", "8", "distill.iterations", "10", "evaluate.epochs", "5"));
  }

  @AfterEach
  void closeDirectory() {
    directory.close();
  }

  private StageRunner runner() {
    Stage score =
        Stage.named("score")
            .configKeys("score")
            .outputs("scores.csv")
            .kept("folder-of-scores")
            .transitory()
            .check(this::check)
            .work(
                () -> {
                  if (scoreFails) {
                    throw new RunFailedException("killed");
                  }
                  directory
                      .checkpoints("score")
                      .save(7, file -> Files.writeString(file, "seven images are scored"));
                  work("score.batch", scoresAreLost ? "elsewhere.csv" : "scores.csv");
                });
    Stage distill =
        Stage.named("distill")
            .configKeys("distill", "run.threads", "run.device", "run.deterministic")
            .growing("distill.iterations")
            .inputs("scores.csv")
            .outputs("distilled")
            .versions("history")
            .kept("folder-of-distilled")
            .check(this::check)
            .work(
                () -> {
                  if (distillFails) {
                    throw new RunFailedException("diverged");
                  }
                  work("distill.iterations", "distilled");
                });
    Stage evaluate =
        Stage.named("evaluate")
            .configKeys("evaluate")
            .tests()
            .repeatable()
            .outputs("evaluation.json", "distilled")
            .kept("folder-of-evaluation")
            .check(this::check)
            .work(
                () -> {
                  if (!chosen.isEmpty()) {
                    AtomicFiles.writeString(directory.resolve("distilled"), chosen);
                  }
                  if (evaluateFails) {
                    throw new RunFailedException("diverged");
                  }
                  work("evaluate.epochs", "evaluation.json");
                });
    return runner(score, distill, evaluate);
  }

  private StageRunner runner(Stage... stages) {
    RunContext context = new RunContext(directory, heard, cancellation, 1, 1);
    return new StageRunner(
        List.of(stages),
        config,
        stage -> stage.tests() ? data + tests : data,
        environment,
        context,
        () -> {});
  }

  private void check() {
    if (lacksSomething) {
      throw new InputException("lacks something");
    }
  }

  private void work(String key, String output) {
    worked.add(key);
    AtomicFiles.writeString(directory.resolve(output), key + config.get(key));
  }

  @Test
  void theStageOfAnotherMethodIsToldWhichMethodHasIt() {
    InputException error =
        assertThrows(InputException.class, () -> runner().runOne("experts", false));
    assertTrue(
        error.getMessage().startsWith("this configuration has no stage experts, only score"));
    assertTrue(error.getMessage().endsWith("; only distill.method: mtt has it"));
    error = assertThrows(InputException.class, () -> runner().runOne("polish", false));
    assertFalse(error.getMessage().contains("mtt"), error.getMessage());
  }

  @Test
  void aRunThatGoesOnElsewhereIsToldThatItsBitsMayDiffer() {
    distillFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    distillFails = false;
    environment = Map.of("java", "21", "threads", "1", "compiler", "GCC 12.2.0");
    assertEquals(List.of("distill", "evaluate"), runner().runAll());
    assertEquals(
        List.of(
            "distill: runs with threads 1, not 2 as stage score did: the last bits of results may"
                + " differ from those of one run on one machine"),
        heard.warningsByStage());
  }

  @Test
  void aFinishedRunIsNotRepeated() {
    assertEquals(List.of("score", "distill", "evaluate"), runner().runAll());
    assertEquals(List.of(), runner().runAll());
    assertEquals(3, worked.size());
  }

  /** As where a process was killed after it noted them and before it took them off the record. */
  @Test
  void whatStagesWereBeforeIsForgottenWhereTheyStillStand() throws IOException {
    runner().runAll();
    Path before = directory.resolve("stages-before.json");
    Files.copy(directory.resolve("stages.json"), before);
    assertEquals(List.of(), runner().runAll());
    assertFalse(Files.exists(before));
  }

  @Test
  void aRunThatFailedGoesOnWhereItStopped() {
    distillFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    distillFails = false;
    assertEquals(List.of("distill", "evaluate"), runner().runAll());
  }

  @Test
  void aChangedKeyIsAnErrorThatNamesIt() {
    runner().runAll();
    config.put("score.batch", "16");
    InputException error = assertThrows(InputException.class, () -> runner().runAll());
    assertTrue(error.getMessage().contains("score.batch was 8 and is now 16"), error.getMessage());
    assertEquals(3, worked.size());
  }

  @Test
  void whatOtherThreadsFinishedIsKept() {
    config.put("run.threads", "2");
    evaluateFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    evaluateFails = false;
    config.put("run.threads", "1");
    environment = Map.of("threads", "1");
    assertEquals(List.of("evaluate"), runner().runAll());
    assertEquals(List.of(), runner().runAll());
    config.put("distill.iterations", "11");
    assertEquals(List.of("distill", "evaluate"), runner().runAll());
    String warnings = heard.warningsByStage().toString();
    assertTrue(warnings.contains("distill: runs with threads 1, not 2"), warnings);
  }

  @Test
  void whatAGpuFinishedIsKeptOnTheCpu() {
    config.putAll(Map.of("run.device", "cuda", "run.deterministic", "false"));
    environment = Map.of("device", "cuda:0");
    evaluateFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    evaluateFails = false;
    config.keySet().removeAll(List.of("run.device", "run.deterministic"));
    environment = Map.of("device", "cpu");
    assertEquals(List.of("evaluate"), runner().runAll());
    config.putAll(Map.of("run.device", "cuda", "run.deterministic", "true"));
    InputException error = assertThrows(InputException.class, () -> runner().runAll());
    String difference = "run.deterministic was false and is now true";
    assertTrue(error.getMessage().contains(difference), error.getMessage());
    config.keySet().removeAll(List.of("run.device", "run.deterministic"));
    config.put("distill.iterations", "11");
    assertEquals(List.of("distill", "evaluate"), runner().runAll());
    String warning =
        "distill: runs with device cpu, not cuda:0 as stage score did: the last bits of results"
            + " may differ from those of one run on one machine";
    assertEquals(List.of(warning), heard.warningsByStage());
  }

  @Test
  void onlyStagesThatTestFollowTheTestImages() {
    runner().runAll();
    tests = " with tests 2";
    assertEquals(List.of("evaluate"), runner().runAll());
  }

  @Test
  void aChangedDataSetOrFileIsAnErrorThatNamesIt() {
    runner().runAll();
    data = "data 2";
    String told = assertThrows(InputException.class, () -> runner().runAll()).getMessage();
    assertTrue(told.contains("files of the data set were added, removed or changed;"), told);
    config.put("score.batch", "16");
    told = assertThrows(InputException.class, () -> runner().runAll()).getMessage();
    assertTrue(told.contains("score.batch was 8 and is now 16"), told);
    config.put("score.batch", "8");
    data = "data 1";
    AtomicFiles.writeString(directory.resolve("scores.csv"), "edited");
    assertTrue(
        assertThrows(InputException.class, () -> runner().runAll())
            .getMessage()
            .contains("scores.csv"));
  }

  @Test
  void whatAStageReadIsPartOfItsFingerprint() {
    runner().runAll();
    AtomicFiles.writeString(directory.resolve("scores.csv"), "of other bits");
    // As if the stage before had left it so.
    StageLog.Entry score = directory.stages().entry("score").orElseThrow();
    Map<String, String> outputs =
        Map.of("scores.csv", Fingerprint.ofFile(directory.resolve("scores.csv")));
    directory
        .stages()
        .put("score", new StageLog.Entry(score.fingerprint(), outputs, 1, score.environment()));
    String told = assertThrows(InputException.class, () -> runner().runAll()).getMessage();
    assertTrue(told.contains("stage distill"), told);
    assertTrue(told.contains("no longer fits: scores.csv was "), told);
  }

  @Test
  void aMissingResultOfAStageThatMayBeRepeatedIsMadeAnew() throws Exception {
    runner().runAll();
    Files.delete(directory.resolve("evaluation.json"));
    assertEquals(List.of("evaluate"), runner().runAll());
    assertEquals(List.of(), runner().runAll());
  }

  private Path begun(String stage) throws IOException {
    Path journal = directory.journal(stage);
    Files.createDirectories(journal.getParent());
    return Files.writeString(journal, "{}");
  }

  @Test
  void whatWasBegunFromAnOlderResultIsForgotten() throws Exception {
    runner().runAll();
    Path checkpoint = begun("evaluate");
    Path own = Files.writeString(checkpoint.resolveSibling("distill-000000010.safetensors"), "");
    config.put("distill.iterations", "11");
    assertEquals(List.of("distill", "evaluate"), runner().runAll());
    assertFalse(Files.exists(checkpoint));
    assertTrue(Files.exists(own));
  }

  /** What it will write is not what it wrote. */
  @Test
  void whatWasBegunFromAnOlderResultIsForgottenAlsoWhereTheNewOneIsNotFinished() throws Exception {
    runner().runAll();
    Path begun = begun("evaluate");
    config.put("distill.iterations", "11");
    distillFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    assertFalse(Files.exists(begun));
    assertEquals(
        List.of("evaluate: begins anew, since stage distill changed"), heard.warningsByStage());
  }

  @Test
  void aStageThatCannotGoOnKeepsWhatItWrote() throws Exception {
    runner().runAll();
    directory.checkpoints("distill").save(10, file -> Files.writeString(file, "ten"));
    Path checkpoint = directory.resolve("checkpoints/distill-000000010.safetensors");
    Files.writeString(checkpoint, "damaged");
    config.put("distill.iterations", "11");
    for (Runnable goOn :
        List.<Runnable>of(() -> runner().runAll(), () -> runner().runOne("distill", false))) {
      InputException error = assertThrows(InputException.class, goOn::run);
      assertTrue(error.getMessage().startsWith(checkpoint + " or "), error.getMessage());
    }
    config.put("distill.iterations", "10");
    assertEquals(List.of(), runner().runAll());
  }

  @Test
  void aStageThatIsRepeatedToTheSameLeavesWhatWasBegunAfterIt() throws Exception {
    runner().runAll();
    Path begun = begun("evaluate");
    assertTrue(runner().runOne("score", true));
    assertTrue(Files.exists(begun));
    distillFails = true;
    assertThrows(RunFailedException.class, () -> runner().runOne("distill", true));
    assertTrue(Files.exists(begun));
  }

  @Test
  void aStageThatIsRepeatedIsCheckedBeforeAnythingIsForgottenAndClearsWhatItKept()
      throws Exception {
    runner().runAll();
    Path begun = begun("distill");
    Path kept = Files.createDirectory(directory.resolve("folder-of-distilled"));
    Files.writeString(kept.resolve("0"), "kept");
    lacksSomething = true;
    assertThrows(InputException.class, () -> runner().runOne("distill", true));
    assertTrue(Files.exists(begun));
    assertTrue(Files.exists(kept.resolve("0")));
    assertTrue(directory.stages().entry("evaluate").isPresent());
    lacksSomething = false;
    config.put("distill.iterations", "20");
    assertTrue(runner().runOne("distill", false));
    assertTrue(Files.exists(kept.resolve("0")));
    assertTrue(runner().runOne("distill", true));
    assertFalse(Files.exists(kept));
    assertFalse(Files.exists(begun));
  }

  @Test
  void aStageThatChangedIsCheckedBeforeItsResultIsForgotten() {
    runner().runAll();
    config.put("evaluate.epochs", "6");
    lacksSomething = true;
    assertThrows(InputException.class, () -> runner().runAll());
    config.put("evaluate.epochs", "5");
    assertEquals(List.of(), runner().runAll());
  }

  @Test
  void iterationsMayGrowButNotShrink() {
    runner().runAll();
    config.put("distill.iterations", "20");
    assertEquals(List.of("distill", "evaluate"), runner().runAll());
    config.put("distill.iterations", "15");
    assertThrows(InputException.class, () -> runner().runAll());
  }

  @Test
  void aChangedEvaluationIsRepeatedAlone() {
    runner().runAll();
    config.put("evaluate.epochs", "6");
    assertEquals(List.of("evaluate"), runner().runAll());
  }

  @Test
  void aMissingOutputIsAnErrorThatNamesIt() throws Exception {
    runner().runAll();
    Files.delete(directory.resolve("distilled"));
    assertTrue(
        assertThrows(InputException.class, () -> runner().runAll())
            .getMessage()
            .contains("distilled is missing"));
  }

  @Test
  void anOutputThatNoStageLeftSoIsAnErrorThatNamesIt() {
    runner().runAll();
    AtomicFiles.writeString(directory.resolve("distilled"), "dist");
    assertDamaged();
    assertTrue(runner().runOne("distill", true));
    assertEquals(List.of("evaluate"), runner().runAll());
  }

  private void assertDamaged() {
    for (Runnable use :
        List.<Runnable>of(() -> runner().runAll(), () -> runner().runOne("evaluate", true))) {
      InputException error = assertThrows(InputException.class, use::run);
      assertTrue(
          error
              .getMessage()
              .startsWith(directory.resolve("distilled") + " is not as stage distill"),
          error.getMessage());
      assertTrue(error.getMessage().contains("distill CONFIG --overwrite"), error.getMessage());
    }
  }

  @Test
  void anOutputMayBeAsALaterStageLeftIt() throws Exception {
    chosen = "iteration 6";
    AtomicFiles.writeString(directory.resolve("history/6"), chosen);
    evaluateFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    evaluateFails = false;
    assertEquals(List.of("evaluate"), runner().runAll());
    Files.delete(directory.resolve("history/6"));
    assertEquals(List.of(), runner().runAll());
    AtomicFiles.writeString(directory.resolve("distilled"), "iteration 7");
    assertDamaged();
  }

  @Test
  void anOutputThatIsNoVersionThatALaterStageMayLeaveIsAnError() {
    AtomicFiles.writeString(directory.resolve("history/6"), "iteration 6");
    evaluateFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    AtomicFiles.writeString(directory.resolve("distilled"), "iteration 7");
    assertDamaged();
    AtomicFiles.writeString(directory.resolve("distilled"), "iteration 6");
    evaluateFails = false;
    assertEquals(List.of("evaluate"), runner().runAll());
  }

  @Test
  void aLaterStageThatNotedNoOutputMayHaveLeftAny() {
    runner().runAll();
    AtomicFiles.writeString(directory.resolve("distilled"), "iteration 6");
    StageLog.Entry now = directory.stages().entry("evaluate").orElseThrow();
    Map<String, String> noted = new TreeMap<>(now.outputs());
    noted.remove("distilled");
    directory
        .stages()
        .put(
            "evaluate",
            new StageLog.Entry(now.fingerprint(), noted, now.seconds(), now.environment()));
    assertEquals(List.of(), runner().runAll());
  }

  @Test
  void aStageAloneNeedsThoseBeforeIt() {
    assertTrue(
        assertThrows(InputException.class, () -> runner().runOne("distill", false))
            .getMessage()
            .contains("needs stage score"));
    assertTrue(runner().runOne("score", false));
    assertTrue(runner().runOne("distill", false));
    assertFalse(runner().runOne("distill", false));
    assertTrue(runner().runOne("score", true));
    assertThrows(InputException.class, () -> runner().runOne("evaluate", false));
  }

  @Test
  void aStageAloneSaysHowAStoppedOneBeforeItGoesOn() {
    runner().runOne("score", false);
    directory
        .checkpoints("distill")
        .save(4, file -> Files.writeString(file, "four iterations are done"));
    InputException error =
        assertThrows(InputException.class, () -> runner().runOne("evaluate", false));
    assertTrue(
        error.getMessage().startsWith("stage evaluate needs stage distill, which stopped before"),
        error.getMessage());
    assertTrue(
        error.getMessage().contains("engine.jar distill CONFIG --resume"), error.getMessage());
    runner().runOne("distill", false);
    assertTrue(runner().runOne("evaluate", false));
  }

  @Test
  void whatWasBegunIsForgottenWhereAStageThatWasKilledWhileItWasRepeatedEndsOtherwise()
      throws Exception {
    distillFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    distillFails = false;
    Path begun = begun("distill");
    scoreFails = true;
    assertThrows(RunFailedException.class, () -> runner().runOne("score", true));
    scoreFails = false;
    assertTrue(runner().runOne("score", false));
    assertTrue(Files.exists(begun), "it ended as before");

    config.put("score.batch", "16");
    scoreFails = true;
    assertThrows(RunFailedException.class, () -> runner().runOne("score", true));
    assertThrows(RunFailedException.class, () -> runner().runAll());
    scoreFails = false;
    assertTrue(Files.exists(begun));
    assertTrue(runner().runOne("score", false));
    assertFalse(Files.exists(begun));
    assertEquals(
        List.of("distill: begins anew, since stage score changed"), heard.warningsByStage());
    runner().runAll();
    assertFalse(Files.exists(directory.resolve("stages-before.json")));
  }

  @Test
  void whatWasBegunIsForgottenWhereAStageAfterARepeatedOneEndsOtherwise() throws Exception {
    runner().runAll();
    Path begun = begun("evaluate");
    assertTrue(runner().runOne("score", true));
    config.put("distill.iterations", "11");
    assertTrue(runner().runOne("distill", false));
    assertFalse(Files.exists(begun));
  }

  @Test
  void aStageWithoutOutputsEndsOtherwiseWhereItsSettingsChanged() throws Exception {
    config.put("experts.epochs", "5");
    assertTrue(expertsAndDistill().runOne("experts", false));
    Path begun = begun("distill");
    assertTrue(expertsAndDistill().runOne("experts", true));
    assertTrue(Files.exists(begun));
    config.put("experts.epochs", "6");
    assertTrue(expertsAndDistill().runOne("experts", true));
    assertFalse(Files.exists(begun));
  }

  private StageRunner expertsAndDistill() {
    return runner(withoutOutputs("experts"), withoutOutputs("distill"));
  }

  private static Stage withoutOutputs(String name) {
    return Stage.named(name).configKeys(name).work(() -> {});
  }

  @Test
  void progressIsOnlyDeletedWhenTheStageIsOnRecord() throws Exception {
    scoresAreLost = true;
    assertThrows(InputException.class, () -> runner().runAll());
    assertTrue(directory.checkpoints("score").any());
    scoresAreLost = false;
    runner().runOne("score", false);
    assertFalse(directory.checkpoints("score").any());
    // Where a process is killed in between.
    begun("score");
    begun("distill");
    runner().runAll();
    assertFalse(directory.wasStopped("score"));
    assertTrue(directory.wasStopped("distill"));
  }

  @Test
  void aCancelledRunStopsBeforeTheNextStage() {
    cancellation.cancel();
    assertThrows(RunCancelledException.class, () -> runner().runAll());
    assertEquals(List.of(), worked);
  }

  @Test
  void theTimeOfAStageIsThatOfAllProcessesThatWorkedOnIt() throws IOException {
    distillFails = true;
    assertThrows(RunFailedException.class, () -> runner().runAll());
    Path note = directory.timeNote("distill");
    assertFalse(Files.exists(note), "it has nothing to go on from");

    saveDistilled();
    assertThrows(RunFailedException.class, () -> runner().runAll());
    assertTrue(Double.parseDouble(Files.readString(note).strip()) > 0);
    Files.writeString(note, "1000\n");
    distillFails = false;
    runner().runAll();
    assertEquals(1000, seconds("distill"), 100);
    assertFalse(Files.exists(note));

    config.put("distill.iterations", "20");
    runner().runAll();
    assertEquals(1000, seconds("distill"), 100);
    assertTrue(seconds("score") < 100);

    runner().runOne("distill", true);
    assertTrue(seconds("distill") < 100, "it begins anew");
  }

  @Test
  void aNoteOfTimeThatCannotBeReadOrIsOfAFinishedStageDoesNotCount() throws IOException {
    distillFails = true;
    saveDistilled();
    assertThrows(RunFailedException.class, () -> runner().runAll());
    Path note = directory.timeNote("distill");
    distillFails = false;
    for (String damaged : List.of("", "a minute", "-1", "Infinity")) {
      Files.writeString(note, damaged);
      assertEquals(OptionalDouble.empty(), StageClock.noted(note));
    }
    runner().runAll();
    assertTrue(seconds("distill") < 100);

    Files.writeString(directory.timeNote("evaluate"), "1000\n");
    Files.writeString(directory.resolve("folder-of-evaluation"), "one training");
    config.put("evaluate.epochs", "6");
    runner().runAll();
    assertTrue(seconds("evaluate") < 100);
  }

  private void saveDistilled() {
    directory.checkpoints("distill").save(3, file -> Files.writeString(file, "three iterations"));
  }

  private double seconds(String stage) {
    return directory.stages().entry(stage).orElseThrow().seconds();
  }
}
