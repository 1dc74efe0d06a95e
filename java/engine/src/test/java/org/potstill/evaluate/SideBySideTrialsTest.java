package org.potstill.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.potstill.evaluate.EvaluationRuns.data;
import static org.potstill.evaluate.EvaluationRuns.with;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.ConfigLoader;
import org.potstill.errors.RunCancelledException;
import org.potstill.net.Network;
import org.potstill.run.CancellationToken;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.testing.ResidentMemory;

/** Trials that run at once come to the figures of those that run one after the other. */
class SideBySideTrialsTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PLENTY = Long.MAX_VALUE;
  private static final String SEVERAL = ".*repeats \\d, \\d of 3.*";

  private static final String[] SETTINGS =
      with(
          "evaluate.networks=[convnet, alexnet]",
          "evaluate.repeats=3",
          "evaluate.epochs=5",
          "evaluate.augment=color_crop_cutout_flip_scale_rotate",
          "evaluate.baselines=[random]");

  @TempDir Path folder;
  private EvaluationRuns runs;

  @BeforeEach
  void setUp() {
    LibTorch.load();
    runs = new EvaluationRuns(folder);
  }

  /** Hears of epochs, and acts on them. */
  private static RunListener epochs(BiConsumer<String, Long> action) {
    return new RunListener() {
      @Override
      public void progress(String stage, String task, long done, long total, String unit) {
        if (unit.equals("epochs")) {
          assertTrue(done <= total, done + " of " + total);
          action.accept(task, done);
        }
      }
    };
  }

  private List<String> tasks(String run, EvaluationRuns on) {
    List<String> tasks = new ArrayList<>();
    RunListener listener = epochs((task, done) -> tasks.add(task));
    on.evaluate(run, data(), null, new CancellationToken(), listener, SETTINGS);
    return tasks;
  }

  private String evaluation(String run) throws IOException {
    return Files.readString(folder.resolve(run).resolve(Evaluation.FILE));
  }

  /** Step and accuracy of every line, in the order of the file. */
  private List<String> figures(String run) throws IOException {
    List<String> figures = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl"))) {
      JsonNode entry = JSON.readTree(line);
      figures.add(entry.path("step").asLong() + " " + entry.path("accuracy").asDouble());
    }
    return figures;
  }

  @Test
  void figuresAreThoseOfOneAfterTheOther() throws IOException {
    assertTrue(tasks("beside", runs.on(2, PLENTY)).stream().anyMatch(t -> t.matches(SEVERAL)));
    assertFalse(tasks("full", runs.on(2, 0)).stream().anyMatch(t -> t.matches(SEVERAL)));
    assertFalse(tasks("single", runs.on(1, PLENTY)).stream().anyMatch(t -> t.matches(SEVERAL)));
    assertEquals(evaluation("single"), evaluation("beside"));
    assertEquals(evaluation("single"), evaluation("full"));
    assertEquals(figures("single"), figures("beside"));
    assertEquals(12, figures("beside").size());
  }

  /** Its images and its network, of batches of four of six images. */
  @Test
  void twoRunAtOnceWhereThereIsRoomForTwo() {
    Network network = EvaluationNetworks.of(ConfigLoader.of(SETTINGS), data()).get("convnet");
    long side = EvaluationRuns.SIDE;
    long images = 6 * side * side * Float.BYTES;
    long one = images + EvaluationNeeds.inParts(network, 4, side * side, TrainingDraws.of(3, 0));
    String[] alone = with("evaluate.repeats=3");
    for (int less = 0; less < 2; less++) {
      List<String> tasks = new ArrayList<>();
      RunListener listener = epochs((task, done) -> tasks.add(task));
      runs.on(2, 2 * one - less)
          .evaluate("room" + less, data(), null, new CancellationToken(), listener, alone);
      assertEquals(less == 0, tasks.stream().anyMatch(task -> task.matches(SEVERAL)), tasks + "");
    }
  }

  @Test
  void stoppedEvaluationGoesOnWithWhatIsMissing() throws IOException {
    runs.on(2, PLENTY).evaluate("whole", data(), null, SETTINGS);
    CancellationToken cancellation = new CancellationToken();
    RunListener stopper =
        epochs(
            (task, done) -> {
              if (done == 32) {
                cancellation.cancel();
              }
            });
    assertThrows(
        RunCancelledException.class,
        () ->
            runs.on(2, PLENTY).evaluate("stopped", data(), null, cancellation, stopper, SETTINGS));
    List<Long> done = new ArrayList<>();
    RunListener listener = epochs((task, count) -> done.add(count));
    runs.on(2, PLENTY)
        .evaluate("stopped", data(), null, new CancellationToken(), listener, SETTINGS);
    long first = done.get(0);
    assertTrue(first > 20 && first % 5 == 1, "goes on at " + first);
    assertEquals(LongStream.rangeClosed(first, 60).boxed().toList(), done);
    assertEquals(evaluation("whole"), evaluation("stopped"));
    assertEquals(figures("whole"), figures("stopped"));
  }

  @Test
  void failureOfOneStopsTheOthersAndIsWhatIsThrown() throws IOException {
    IllegalStateException failure = new IllegalStateException("it failed");
    List<Long> after = new ArrayList<>();
    RunListener failing =
        epochs(
            (task, done) -> {
              if (done == 13) {
                throw failure;
              }
              after.add(done);
            });
    IllegalStateException thrown =
        assertThrows(
            IllegalStateException.class,
            () ->
                runs.on(2, PLENTY)
                    .evaluate("failed", data(), null, new CancellationToken(), failing, SETTINGS));
    assertSame(failure, thrown);
    // The other hears of it after its epoch.
    assertTrue(after.stream().allMatch(done -> done <= 14), after.toString());
    assertFalse(Files.exists(folder.resolve("failed").resolve(Evaluation.FILE)));
    runs.on(2, PLENTY).evaluate("failed", data(), null, SETTINGS);
    runs.evaluate("whole", data(), null, SETTINGS);
    assertEquals(evaluation("whole"), evaluation("failed"));
  }

  /** The parameters of one trial, lost at every evaluation, would add up to 70 MB. */
  @Test
  @Tag("memory")
  void nativeMemoryIsGivenBack() {
    String[] settings = with("distill.network.width=256", "evaluate.epochs=1", "evaluate.batch=6");
    EvaluationRuns beside = runs.on(2, PLENTY);
    ResidentMemory.assertFlat(6, 30, i -> beside.evaluate("run", data(), null, settings));
  }
}
