package org.potstill.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.errors.RunFailedException;
import org.potstill.run.CancellationToken;
import org.potstill.run.Existing;
import org.potstill.run.RunContext;
import org.potstill.run.RunDirectory;
import org.potstill.run.RunListener;
import org.potstill.tensor.LibTorch;
import org.potstill.tensor.Tensors;

class DistillLoopTest {

  @TempDir Path folder;

  /** Two steps an iteration, of losses 1 and 4 and always the same gradient. */
  private static final class TwoSteps implements Distiller {

    private final float gradient;
    private final List<String> seen = new ArrayList<>();

    TwoSteps(float gradient) {
      this.gradient = gradient;
    }

    @Override
    public int stepsPerIteration() {
      return 2;
    }

    @Override
    public void begin(long iteration) {
      seen.add("begin " + iteration);
    }

    @Override
    public MatchingStep step(Tensor images, int step) {
      seen.add("step " + step);
      return new MatchingStep(1 + 3 * step, torch.full_like(images, new Scalar(gradient)));
    }

    @Override
    public void close() {}
  }

  /** Two iterations; the image after them, which began with 1. */
  private float run(TwoSteps distiller) {
    LibTorch.load();
    Config config = ConfigLoader.of("data.source=idx:none", "distill.iterations=2");
    try (RunDirectory directory = RunDirectory.open(folder.resolve("run"), Existing.FAIL);
        PointerScope scope = new PointerScope();
        Space space = PixelSpace.of(Tensors.of(new float[] {1}, 1, 1, 1, 1), 0.125);
        ImageOptimiser optimiser = new ImageOptimiser(0)) {
      RunContext context =
          new RunContext(directory, RunListener.SILENT, new CancellationToken(), 1, 1);
      DistillCheckpoint checkpoint =
          new DistillCheckpoint(directory.checkpoints(DistillStage.NAME), "hash");
      new DistillLoop(config.distill(), context, space, distiller, optimiser, checkpoint)
          .run(0, done -> {});
      return Tensors.toFloats(space.images(0))[0];
    }
  }

  @Test
  void theLossOfAnIterationIsTheMeanOverItsSteps() throws IOException {
    TwoSteps distiller = new TwoSteps(1);
    assertEquals(0.5f, run(distiller));
    List<String> lines = Files.readAllLines(folder.resolve("run/metrics.jsonl"));
    String last = lines.get(lines.size() - 1);
    assertTrue(last.contains("\"step\":2,") && last.endsWith("\"loss\":2.5}"), last);
    assertEquals(
        List.of("begin 0", "step 0", "step 1", "begin 1", "step 0", "step 1"), distiller.seen);
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
