package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.testing.Heard;

class HeldImagesTest {

  private static final String SOURCE = "data.source=builtin:fashion-mnist-mini";

  /** As much memory as holds images of so many bytes. */
  private static long holding(long bytes) {
    return (bytes * 4 + 2) / 3;
  }

  /** Two classes of ten training images of 3 x 8 x 8; ten images in all to test on. */
  private static Heard heard(long free, long usable, String... settings) {
    return heard(new HeldImages.Room(free, usable, Long.MAX_VALUE), settings);
  }

  private static Heard heard(HeldImages.Room room, String... settings) {
    Heard heard = new Heard();
    PatternDataset data = new PatternDataset(8, 3, 10, "a", "b");
    HeldImages.warn(ConfigLoader.of(settings), data, room, heard);
    return heard;
  }

  @Test
  void stagesWhoseImagesDoNotFitAreToldOfBeforeOneBegins() {
    String keep = "prune.keep=0.9";
    // One byte a value for the scorer, four for 18 images kept, four for ten to test on.
    long kept = 18 * 192 * 4;
    assertEquals(List.of(), heard(holding(kept), kept, SOURCE, keep).warnings());
    List<String> told = heard(holding(kept) - 1, kept, SOURCE, keep).warningsByStage();
    assertEquals(1, told.size(), told::toString);
    assertTrue(told.get(0).startsWith("distill: its images take "), told::toString);
    assertTrue(told.get(0).contains(" are free: they will lie in a file "), told::toString);
    assertTrue(told.get(0).endsWith("or lower prune.keep"), told::toString);
    long tested = 10 * 192 * 4;
    assertEquals(2, heard(holding(tested) - 1, kept, SOURCE, keep).warnings().size());
    told = heard(holding(20 * 192) - 1, kept, SOURCE, keep).warningsByStage();
    assertTrue(told.get(0).startsWith("score: its images take "), told::toString);
    assertEquals(3, told.size(), told::toString);
    // Without a scorer that is trained, its images are not held.
    assertEquals(
        2, heard(1, kept, SOURCE, "prune.mode=random", "evaluate.baselines=[]").warnings().size());
  }

  @Test
  void ofThoseThatTheDiskHasNoRoomForEitherThatIsTold() {
    long kept = 18 * 192 * 4;
    String told = heard(1, kept - 1, SOURCE, "prune.keep=0.9").warningsByStage().get(1);
    assertTrue(
        told.startsWith(
            "distill: its images take 0.0 MB of memory, and 0.0 MB are free, and 0.0 MB of the"
                + " disk: lower data.resolution (8)"),
        told);
    // 0 where it cannot be told.
    told = heard(1, 0, SOURCE, "prune.keep=0.9").warningsByStage().get(1);
    assertTrue(told.contains("they will lie in a file"), told);
  }

  @Test
  void ofThoseThatTheGpuHasNoRoomForThatIsTold() {
    long kept = 18 * 192 * 4;
    HeldImages.Room room = new HeldImages.Room(1 << 20, 1 << 20, kept - 1);
    List<String> told = heard(room, SOURCE, "prune.keep=0.9").warningsByStage();
    assertEquals(1, told.size(), told::toString);
    assertTrue(
        told.get(0)
            .startsWith(
                "distill: its images take 0.0 MB of memory, and the GPU has 0.0 MB: compute on the"
                    + " CPU (run.device: cpu), lower data.resolution (8)"),
        told::toString);
    // Those of a scorer stay in the memory of the host.
    room = new HeldImages.Room(1 << 20, 1 << 20, 1);
    assertEquals(2, heard(room, SOURCE, "prune.keep=0.9").warnings().size());
  }

  @Test
  void baselinesOfAllImagesCount() {
    Heard heard = heard(holding(30 * 192 * 4) - 1, 1 << 20, SOURCE, "evaluate.baselines=[herding]");
    assertTrue(heard.warningsByStage().get(0).startsWith("evaluate: "), heard.warnings()::toString);
  }
}
