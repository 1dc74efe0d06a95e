package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.potstill.config.ConfigLoader;
import org.potstill.config.DistillConfig;

class RehearsedSampleTest {

  private static DistillConfig distill(String... settings) {
    String[] all = Arrays.copyOf(settings, settings.length + 1);
    all[settings.length] = "data.source=builtin:fashion-mnist-mini";
    return ConfigLoader.of(all).distill();
  }

  @Test
  void hasWhatABatchIsDrawnFrom() {
    RehearsedSample sample =
        RehearsedSample.of(distill("distill.batch-real=64"), new int[] {600, 64, 20, 0});
    assertArrayEquals(new int[] {64, 64, 20, 0}, sample.counts());
    assertEquals(1, sample.more());
  }

  @Test
  void hasTheImagesToStartFrom() {
    int[] kept = {100, 100};
    DistillConfig dm = distill("distill.batch-real=8", "distill.images-per-class=50");
    assertArrayEquals(new int[] {50, 50}, RehearsedSample.of(dm, kept).counts());
    DistillConfig mtt = distill("distill.method=mtt", "distill.images-per-class=3");
    RehearsedSample ofMtt = RehearsedSample.of(mtt, kept);
    assertArrayEquals(new int[] {3, 3}, ofMtt.counts());
    assertEquals(1, ofMtt.more());
  }

  @Test
  void manyClassesAreSampledAndTheRestIsReckoned() {
    int[] kept = new int[1024];
    Arrays.fill(kept, 500);
    String[] settings = {"distill.batch-real=256", "distill.images-per-class=2"};
    RehearsedSample dm = RehearsedSample.of(distill(settings), kept);
    assertEquals(8, dm.counts()[1023]);
    // Two synthetic images count three each.
    assertEquals((256 + 6) / (8 + 6.0), dm.more(), 1e-12);
    RehearsedSample dc =
        RehearsedSample.of(distill("distill.method=dc", settings[0], settings[1]), kept);
    assertEquals((256 + 4) / (8 + 4.0), dc.more(), 1e-12);
  }
}
