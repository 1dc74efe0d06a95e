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
import org.potstill.config.Config;
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
    assertEquals(List.of(1L, 2L), heard.done("distilling"));
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

  @Test
  void everyNetworkIsTimed() throws IOException {
    RunForecast forecast =
        forecast(config("prune.mode=none", "evaluate.networks=[convnet, vit]"), RunListener.SILENT);
    assertEquals(List.of("distill", "evaluate"), names(forecast));
    String words = forecast.stages().get(1).words();
    assertTrue(words.matches("convnet .* per epoch, vit .* per epoch"), words);
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
