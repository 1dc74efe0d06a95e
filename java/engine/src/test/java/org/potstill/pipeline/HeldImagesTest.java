package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.potstill.config.ConfigLoader;
import org.potstill.data.PatternDataset;
import org.potstill.testing.Heard;

class HeldImagesTest {

  /** Two classes of ten training images of 3 x 8 x 8; ten images in all to test on. */
  private static Heard heard(long free, String... settings) {
    Heard heard = new Heard();
    PatternDataset data = new PatternDataset(8, 3, 10, "a", "b");
    HeldImages.warn(ConfigLoader.of(settings), data, free, heard);
    return heard;
  }

  @Test
  void stagesWhoseImagesDoNotFitAreToldOfBeforeOneBegins() {
    String keep = "prune.keep=0.9";
    String source = "data.source=builtin:fashion-mnist-mini";
    // One byte a value for the scorer, four for 18 images kept, four for ten to test on.
    assertEquals(List.of(), heard(18 * 192 * 4, source, keep).warnings());
    List<String> told = heard(18 * 192 * 4 - 1, source, keep).warningsByStage();
    assertEquals(1, told.size(), told::toString);
    assertTrue(told.get(0).startsWith("distill: its images take "), told::toString);
    assertTrue(told.get(0).endsWith("or lower prune.keep"), told::toString);
    assertEquals(2, heard(10 * 192 * 4 - 1, source, keep).warnings().size());
    told = heard(20 * 192 - 1, source, keep).warningsByStage();
    assertTrue(told.get(0).startsWith("score: its images take "), told::toString);
    assertEquals(3, told.size(), told::toString);
    // Without a scorer that is trained, its images are not held.
    assertEquals(
        2, heard(1, source, "prune.mode=random", "evaluate.baselines=[]").warnings().size());
  }

  @Test
  void baselinesOfAllImagesCount() {
    String source = "data.source=builtin:fashion-mnist-mini";
    Heard heard = heard(30 * 192 * 4 - 1, source, "evaluate.baselines=[herding]");
    assertTrue(heard.warningsByStage().get(0).startsWith("evaluate: "), heard.warnings()::toString);
  }
}
