package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.Config;
import org.potstill.data.Dataset;
import org.potstill.data.Datasets;
import org.potstill.errors.InputException;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.pipeline.RunForecast.StageTime;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.testing.Heard;
import org.potstill.testing.Stopper;
import org.potstill.testing.TinyConfig;

class RehearsalTest {

  @TempDir Path temp;

  private Config config(String... settings) throws IOException {
    return TinyConfig.load(temp, temp.resolve("run"), settings);
  }

  private RunForecast forecast(Config config, RunListener listener) {
    return Rehearsal.of(config, temp, 0, listener, new CancellationToken());
  }

  private static List<String> names(RunForecast forecast) {
    return forecast.stages().stream().map(StageTime::stage).toList();
  }

  private void assertNothingLeft() throws IOException {
    try (Stream<Path> files = Files.list(temp)) {
      assertEquals(List.of(temp.resolve("tiny.yaml")), files.toList());
    }
  }

  @Test
  void timesEveryStageAndKeepsNothing() throws IOException {
    Heard heard = new Heard();
    RunForecast forecast = forecast(config("distill.iterations=100000"), heard);
    assertEquals(List.of("score", "distill", "evaluate"), names(forecast));
    for (StageTime stage : forecast.stages()) {
      assertTrue(stage.seconds() > 0, stage::toString);
    }
    assertEquals(
        forecast.seconds(), forecast.stages().stream().mapToDouble(StageTime::seconds).sum());
    assertTrue(forecast.stages().get(0).words().endsWith("s per step"), forecast::toString);
    assertTrue(forecast.stages().get(1).words().endsWith("s per iteration"), forecast::toString);
    String evaluated = forecast.stages().get(2).words();
    assertTrue(evaluated.startsWith("convnet "), evaluated);
    assertTrue(evaluated.endsWith("s per epoch"), evaluated);
    // Two iterations, of a hundred thousand.
    assertEquals(List.of(0L, 1L, 2L), heard.done("distilling"));
    assertEquals(List.of(), heard.warnings());
    assertNothingLeft();
  }

  @Test
  void trajectoriesAreMatchedWithAnExpertOfItsOwn() throws IOException {
    RunForecast forecast =
        forecast(
            config(
                "distill.method=mtt",
                "distill.trajectory.steps=2",
                "distill.trajectory.expert-epochs=1",
                "distill.trajectory.max-start-epoch=3",
                "experts.count=7",
                "experts.epochs=4",
                "prune.mode=none"),
            RunListener.SILENT);
    assertEquals(List.of("experts", "distill", "evaluate"), names(forecast));
    String experts = forecast.stages().get(0).words();
    assertTrue(experts.startsWith("7 experts of "), experts);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "distill.method=dc distill.outer-loops=2 distill.inner-loops=2",
        "distill.space=glad distill.prior.channel-base=64 distill.prior.channel-max=4",
        "distill.space=ld3m data.resolution=32 distill.prior.diffusion.steps=2"
            + " distill.prior.diffusion.unet-channels=32"
            + " distill.prior.diffusion.first-stage-channels=32",
        "data.whitening=zca distill.batch-real=30",
        "data.on-bad-image=skip"
      })
  void everyMethodAndSpaceIsRehearsed(String settings) throws IOException {
    RunForecast forecast =
        forecast(config((settings + " prune.mode=none").split(" ", -1)), RunListener.SILENT);
    List<String> stages = names(forecast);
    assertEquals(List.of("distill", "evaluate"), stages.subList(stages.size() - 2, stages.size()));
    assertTrue(forecast.seconds() > 0);
  }

  @Test
  void aFailureOfAStageIsOneOfTheRehearsal() throws IOException {
    Config config =
        config("prune.mode=none", "distill.learning-rate=1e30", "distill.iterations=1000");
    RunFailedException failed =
        assertThrows(
            RunFailedException.class,
            () -> Rehearsal.of(config, temp, 1e9, RunListener.SILENT, new CancellationToken()));
    assertTrue(failed.getMessage().startsWith("distillation diverged: "), failed::getMessage);
    assertNothingLeft();
  }

  /** Of 18 images, for all that there are; what comes before the first step does not count here. */
  @Test
  void scoringIsToldOfAllImages() throws IOException {
    Config config = config("score.batch=4", "score.epochs=4000");
    Heard heard = new Heard();
    StageTime score = forecast(config, heard).stages().get(0);
    long total =
        heard.progress().stream()
            .filter(told -> told.task().equals("training scorers"))
            .findFirst()
            .orElseThrow()
            .total();
    String[] words = score.words().split(" ", 2);
    double each = Double.parseDouble(words[0]) / (words[1].equals("ms per step") ? 1000 : 1);
    try (Dataset data = Datasets.open(config.data(), config.run().seed())) {
      double expected = each * total * data.training().size() / 18;
      assertEquals(expected, score.seconds(), 0.2 * expected, score.words());
    }
  }

  @Test
  void whatAnotherRunScoredIsNotScored() throws IOException {
    Path lender = temp.resolve("lender");
    try (RunSession session =
        RunSession.openForStage(
            TinyConfig.load(temp, lender),
            RunOptions.NEW,
            RunListener.SILENT,
            new CancellationToken())) {
      session.runOne("score");
    }
    Config config = config("score.from=" + lender);
    assertEquals(List.of("distill", "evaluate"), names(forecast(config, RunListener.SILENT)));
  }

  @Test
  void aSampleHasAsManyImagesAsAreDistilled() throws IOException {
    RunForecast forecast =
        forecast(
            config("prune.mode=none", "distill.batch-real=1", "distill.images-per-class=5"),
            RunListener.SILENT);
    assertEquals(List.of("distill", "evaluate"), names(forecast));
  }

  @Test
  void everyNetworkHasItsPace() throws IOException {
    RunForecast forecast =
        forecast(
            config("prune.mode=none", "evaluate.networks=[convnet, alexnet]", "evaluate.every=0"),
            RunListener.SILENT);
    String evaluated = forecast.stages().get(1).words();
    assertTrue(
        evaluated.matches("convnet [\\d.]+ m?s per epoch, alexnet [\\d.]+ m?s per epoch"),
        evaluated);
  }

  @Test
  void whatFailsAtOnceIsToldAsItIs() throws IOException {
    Config config = config("prune.mode=none", "evaluate.learning-rate=1e30", "evaluate.batch=1");
    RunFailedException failed =
        assertThrows(RunFailedException.class, () -> forecast(config, RunListener.SILENT));
    assertTrue(failed.getMessage().contains("training diverged"), failed::getMessage);
  }

  @Test
  void whatARunWouldRefuseIsRefused() throws IOException {
    Config config = config("score.weights=" + temp.resolve("none.pth"));
    InputException refused =
        assertThrows(InputException.class, () -> forecast(config, RunListener.SILENT));
    assertTrue(
        refused.getMessage().startsWith("score.weights: there is no file "), refused::getMessage);
  }

  @Test
  void stopsWhenItIsAskedTo() throws IOException {
    CancellationToken cancellation = new CancellationToken();
    Stopper stopper = new Stopper(cancellation, done -> done.task().equals("distilling"));
    Config config = config("prune.mode=none");
    RunCancelledException stopped =
        assertThrows(
            RunCancelledException.class, () -> Rehearsal.of(config, stopper, cancellation));
    assertEquals("interrupted; there is nothing to resume", stopped.getMessage());
    assertNothingLeft();
  }
}
