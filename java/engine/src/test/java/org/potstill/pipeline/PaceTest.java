package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.potstill.run.CancellationToken;
import org.potstill.testing.Heard;

class PaceTest {

  private final AtomicLong milliseconds = new AtomicLong();
  private final CancellationToken token = new CancellationToken();
  private final Heard heard = new Heard();
  private final Pace pace = of(1);

  private Pace of(int atOnce) {
    return new Pace("steps"::equals, atOnce, 5, heard, token, () -> milliseconds.get() * 1_000_000);
  }

  private void after(long time, long done, String unit) {
    milliseconds.set(time);
    pace.progress("distill", "working", done, 1000, unit);
  }

  @Test
  void timesWhatComesAfterTheFirstUnitForLongEnough() {
    after(9000, 700, "images");
    assertFalse(pace.isKnown());
    after(10_000, 2, "steps");
    after(14_999, 12, "steps");
    assertFalse(token.isCancelled());
    after(15_000, 12, "steps");
    assertTrue(token.isCancelled());
    assertTrue(pace.isKnown());
    assertEquals(0.5, pace.perUnit(), 1e-12);
    assertEquals(9, pace.start(), 1e-12);
    assertEquals(1000, pace.total());
    assertEquals("500 ms per step", pace.words());
  }

  @Test
  void slowUnitsAreTimedOnOneOfThem() {
    after(60_000, 1, "steps");
    assertFalse(token.isCancelled());
    after(90_000, 2, "steps");
    assertTrue(token.isCancelled());
    assertEquals("30 s per step", pace.words());
    assertEquals(30, pace.start(), 1e-12);
  }

  /** Of two that take 30 s each and began 10 s apart. */
  @Test
  void unitsSideBySideAreTimedOverARoundOfThem() {
    Pace two = of(2);
    for (int i = 0; i < 3; i++) {
      assertFalse(token.isCancelled());
      milliseconds.set(new long[] {30_000, 40_000, 60_000}[i]);
      two.progress("evaluate", "working", i + 1, 10, "steps");
    }
    assertTrue(token.isCancelled());
    assertEquals("15 s per step", two.words());
  }

  @Test
  void theOnlyUnitStandsForItself() {
    milliseconds.set(4500);
    pace.progress("distill", "working", 1, 1, "steps");
    assertTrue(token.isCancelled());
    assertEquals("4.5 s per step", pace.words());
    assertEquals(0, pace.start(), 1e-12);
  }

  /** What clocks count from is theirs alone. */
  @Test
  void clocksBeginAnywhere() {
    long began = -7_000_000_000L;
    milliseconds.set(0);
    Pace late =
        new Pace("steps"::equals, 1, 5, heard, token, () -> began + milliseconds.get() * 1_000_000);
    milliseconds.set(3000);
    late.progress("distill", "working", 1, 1000, "steps");
    milliseconds.set(4000);
    late.progress("distill", "working", 2, 1000, "steps");
    assertEquals(1, late.perUnit(), 1e-12);
    assertEquals(2, late.start(), 1e-12);
  }

  @Test
  void theFirstUnitsAreNotEnoughHoweverLittleIsAskedFor() {
    Pace hasty =
        new Pace("images"::equals, 1, 0, heard, token, () -> milliseconds.get() * 1_000_000);
    milliseconds.set(2000);
    hasty.progress("score", "scoring", 64, 1000, "images");
    assertFalse(token.isCancelled());
    hasty.progress("score", "scoring", 128, 1000, "images");
    assertTrue(token.isCancelled());
  }

  /** A batch that holds all images. */
  @Test
  void theOnlyUnitsShareTheirTime() {
    milliseconds.set(4500);
    pace.progress("score", "scoring", 100, 100, "steps");
    assertTrue(token.isCancelled());
    assertEquals("45 ms per step", pace.words());
    assertEquals(0, pace.start(), 1e-12);
  }

  @Test
  void handsOnProgressAndNoWarnings() {
    after(10, 3, "images");
    pace.warning("score", "a class keeps no image");
    assertEquals(List.of(3L), heard.done("working"));
    assertEquals(List.of(), heard.warnings());
  }
}
