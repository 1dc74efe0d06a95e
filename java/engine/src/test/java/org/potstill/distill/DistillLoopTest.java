package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.errors.RunCancelledException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.NamedTensors;
import org.potstill.tensor.Tensors;
import org.potstill.testing.Heard;
import org.potstill.testing.ResidentMemory;

class DistillLoopTest {

  @TempDir Path folder;

  /** Two steps an iteration, of losses 1 and 4 and always the same gradient. */
  private static final class TwoSteps implements Distiller {

    private final float gradient;
    private final List<String> seen = new ArrayList<>();
    private CancellationToken cancellation;

    /** After so many steps losses are no longer finite. */
    private int finiteLosses = Integer.MAX_VALUE;

    /** What is seen when the run is asked to stop. */
    private String last = "";

    TwoSteps(float gradient) {
      this.gradient = gradient;
    }

    @Override
    public void heed(CancellationToken token) {
      cancellation = token;
    }

    @Override
    public int stepsPerIteration() {
      return 2;
    }

    @Override
    public void begin(long iteration) {
      see("begin " + iteration);
    }

    @Override
    public MatchingStep step(Tensor images, int step) {
      see("step " + step);
      double loss = finiteLosses-- > 0 ? 1 + 3 * step : Double.NaN;
      return new MatchingStep(loss, torch.full_like(images, new Scalar(gradient)));
    }

    @Override
    public boolean watchesUpdates(int step) {
      return step == 0;
    }

    @Override
    public void updated(Tensor images, int step) {
      see("updated " + Tensors.toFloats(images)[0]);
    }

    private void see(String what) {
      seen.add(what);
      if (what.equals(last)) {
        cancellation.cancel();
      }
      cancellation.throwIfCancelled();
    }

    @Override
    public void close() {}
  }

  /** Two iterations; the image after them, which began with 1. */
  private float run(TwoSteps distiller) {
    return run(distiller, Existing.FAIL, Long.MAX_VALUE);
  }

  private float run(TwoSteps distiller, Existing existing, long nanosBetweenCheckpoints) {
    return run(
        distiller,
        existing,
        nanosBetweenCheckpoints,
        RunListener.SILENT,
        done -> {},
        "distill.iterations=2");
  }

  private float run(
      TwoSteps distiller,
      Existing existing,
      long nanosBetweenCheckpoints,
      RunListener listener,
      DistillLoop.Observer observer,
      String... settings) {
    LibTorch.load();
    Config config =
        ConfigLoader.of(
            Stream.concat(Stream.of("data.source=idx:none"), Stream.of(settings))
                .toArray(String[]::new));
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"), existing);
        PointerScope scope = new PointerScope();
        Space space = PixelSpace.of(Tensors.of(new float[] {1}, 1, 1, 1, 1), 0.125);
        ImageOptimiser optimiser = new ImageOptimiser(0.5)) {
      AtomicFiles.writeString(directory.resolve("config.yaml"), RunDirectory.CONFIG_MARK + "\n");
      RunContext context = new RunContext(directory, listener, new CancellationToken(), 1, 1);
      DistillCheckpoint checkpoint =
          new DistillCheckpoint(directory.checkpoints(DistillStage.NAME), "hash", "cpu");
      DistillLoop loop =
          new DistillLoop(
              config.distill(),
              context,
              space,
              distiller,
              optimiser,
              checkpoint,
              nanosBetweenCheckpoints);
      loop.run(checkpoint.restore(space, optimiser, distiller, warning -> {}), observer);
      return Tensors.toFloats(space.images(0))[0];
    }
  }

  @Test
  void theLossOfAnIterationIsTheMeanOverItsSteps() throws IOException {
    TwoSteps distiller = new TwoSteps(1);
    // Steps of 1/8 times 1, 3/2, 7/4 and 15/8.
    assertEquals(1 - 0.125f * 6.125f, run(distiller));
    List<String> lines = Files.readAllLines(folder.resolve("run/metrics.jsonl"));
    String last = lines.get(lines.size() - 1);
    assertTrue(last.contains("\"step\":2,") && last.endsWith("\"loss\":2.5}"), last);
    assertEquals(
        List.of(
            "begin 0",
            "step 0",
            "updated 0.875",
            "step 1",
            "begin 1",
            "step 0",
            "updated 0.46875",
            "step 1"),
        distiller.seen);
  }

  /** Whatever a step has changed by then is done once, when the run goes on. */
  @ParameterizedTest
  @ValueSource(strings = {"begin 1", "updated 0.46875"})
  void anIterationThatIsStoppedWithinIsForgotten(String last) {
    TwoSteps stopped = new TwoSteps(1);
    stopped.last = last;
    assertThrows(RunCancelledException.class, () -> run(stopped, Existing.FAIL, Long.MAX_VALUE));
    assertEquals(last, stopped.seen.get(stopped.seen.size() - 1));
    TwoSteps next = new TwoSteps(1);
    assertEquals(1 - 0.125f * 6.125f, run(next, Existing.RESUME, Long.MAX_VALUE));
    assertEquals(List.of("begin 1", "step 0", "updated 0.46875", "step 1"), next.seen);
  }

  @Test
  @Tag("memory")
  void copiesOfTheStateAreGivenBack() {
    LibTorch.load();
    try (PointerScope scope = new PointerScope();
        Space space = PixelSpace.of(torch.zeros(new long[] {1, 1, 512, 512}), 0.125);
        ImageOptimiser optimiser = new ImageOptimiser(0.5);
        NamedTensors gradients = space.variables().map(Tensor::clone);
        TwoSteps distiller = new TwoSteps(1)) {
      optimiser.step(space, gradients);
      ResidentMemory.assertFlat(
          50, 500, i -> DistillCheckpoint.copy(space, optimiser, distiller).close());
    }
  }

  @Test
  void theFirstIterationBeginsAnew() {
    TwoSteps stopped = new TwoSteps(1);
    stopped.last = "step 1";
    assertThrows(RunCancelledException.class, () -> run(stopped, Existing.FAIL, Long.MAX_VALUE));
    assertFalse(Files.exists(folder.resolve("run/checkpoints")));
    assertEquals(1 - 0.125f * 6.125f, run(new TwoSteps(1), Existing.RESUME, Long.MAX_VALUE));
  }

  @Test
  void iterationsAreToldOfAndKeptAsOftenAsIsAskedFor() throws IOException {
    Heard heard = new Heard();
    List<Long> observed = new ArrayList<>();
    run(
        new TwoSteps(1),
        Existing.FAIL,
        Long.MAX_VALUE,
        heard,
        observed::add,
        "distill.iterations=5",
        "distill.log-every=2",
        "distill.checkpoint-every=3");
    assertEquals(
        LongStream.rangeClosed(0, 10)
            .mapToObj(step -> new Heard.Progress("distilling", step, 10, "steps"))
            .toList(),
        heard.progress());
    assertEquals(List.of("distill 2", "distill 4", "distill 5"), heard.figures());
    assertEquals(List.of(1L, 2L, 3L, 4L, 5L), observed);
    assertEquals(List.of(3L, 5L), kept());
    for (String line : Files.readAllLines(folder.resolve("run/metrics.jsonl"))) {
      double seconds = new ObjectMapper().readTree(line).path("seconds").asDouble(-1);
      assertTrue(seconds >= 0 && seconds < 600, line);
    }
  }

  /** The iterations after which there is a checkpoint. */
  private List<Long> kept() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("run/checkpoints"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".safetensors"))
          .map(name -> Long.valueOf(name.replaceAll("\\D", "")))
          .sorted()
          .toList();
    }
  }

  /** Asks to stop when so many steps are done, which the distiller does not hear of any more. */
  private float runStoppedAfter(long steps, TwoSteps distiller) {
    RunListener stopper =
        new RunListener() {
          @Override
          public void progress(String stage, String task, long done, long total, String unit) {
            if (done == steps) {
              distiller.cancellation.cancel();
            }
          }
        };
    return run(
        distiller,
        Existing.FAIL,
        Long.MAX_VALUE,
        stopper,
        done -> {},
        "distill.iterations=2",
        "distill.checkpoint-every=100");
  }

  @Test
  void anIterationThatEndsWhenItIsStoppedIsKept() throws IOException {
    TwoSteps stopped = new TwoSteps(1);
    assertThrows(RunCancelledException.class, () -> runStoppedAfter(2, stopped));
    assertEquals(List.of("begin 0", "step 0", "updated 0.875", "step 1"), stopped.seen);
    assertEquals(List.of(1L), kept());
    TwoSteps next = new TwoSteps(1);
    assertEquals(1 - 0.125f * 6.125f, run(next, Existing.RESUME, Long.MAX_VALUE));
    assertEquals("begin 1", next.seen.get(0));
  }

  @Test
  void afterTheLastIterationNothingIsLeftToStop() throws IOException {
    assertEquals(1 - 0.125f * 6.125f, runStoppedAfter(4, new TwoSteps(1)));
    assertEquals(List.of(2L), kept());
  }

  @Test
  void aLossThatIsNotFiniteIsToldByIterationAndStep() throws IOException {
    TwoSteps distiller = new TwoSteps(1);
    distiller.finiteLosses = 3;
    RunFailedException error = assertThrows(RunFailedException.class, () -> run(distiller));
    assertTrue(
        error.getMessage().contains("at iteration 2, step 2 of 2, the loss is no longer finite"),
        error.getMessage());
    assertFalse(Files.exists(folder.resolve("run/checkpoints/distill-000000002.safetensors")));
  }

  /** Long iterations are kept before their number is reached. */
  @Test
  void checkpointsAreWrittenAfterSomeTime() {
    run(new TwoSteps(1), Existing.FAIL, 0);
    assertTrue(Files.exists(folder.resolve("run/checkpoints/distill-000000001.safetensors")));
    run(new TwoSteps(1), Existing.OVERWRITE, Long.MAX_VALUE);
    assertFalse(Files.exists(folder.resolve("run/checkpoints/distill-000000001.safetensors")));
    run(new TwoSteps(1), Existing.OVERWRITE, TimeUnit.HOURS.toNanos(1));
    assertFalse(Files.exists(folder.resolve("run/checkpoints/distill-000000001.safetensors")));
  }

  /** The loss of the images before was finite, and no further one is asked for. */
  @Test
  void imagesThatAreNoLongerFiniteAreNeverWritten() {
    RunFailedException error =
        assertThrows(RunFailedException.class, () -> run(new TwoSteps(Float.NaN)));
    assertTrue(
        error.getMessage().contains("the value of an image is no longer finite"),
        error.getMessage());
    assertFalse(Files.exists(folder.resolve("run/checkpoints/distill-000000002.safetensors")));
  }
}
