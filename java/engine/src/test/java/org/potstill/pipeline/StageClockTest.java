package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class StageClockTest {

  private static final Duration OFTEN = Duration.ofMillis(5);
  private static final Duration NEVER = Duration.ofDays(1);

  @TempDir Path temp;

  /** As of a process that is killed, which closes nothing. */
  @Test
  @Timeout(60)
  void theTimeIsNotedWhileTheStageWorks() throws InterruptedException {
    Path note = temp.resolve("distill.seconds");
    try (StageClock clock = new StageClock(note, 100, () -> true, OFTEN)) {
      while (!Files.exists(note)) {
        Thread.sleep(1);
      }
      double first = StageClock.noted(note).orElseThrow();
      assertTrue(first > 100 && first <= clock.total(), "noted " + first);
      while (StageClock.noted(note).orElseThrow() == first) {
        Thread.sleep(1);
      }
      clock.finish();
      assertFalse(Files.exists(note));
    }
    assertFalse(Files.exists(note), "it stands elsewhere");
  }

  @Test
  void whatWouldBeginAnewNotesNothing() {
    Path note = temp.resolve("score.seconds");
    AtomicBoolean goesOn = new AtomicBoolean();
    try (StageClock clock = new StageClock(note, 0, goesOn::get, NEVER)) {
      assertTrue(clock.total() >= 0);
    }
    assertEquals(OptionalDouble.empty(), StageClock.noted(note));
    goesOn.set(true);
    try (StageClock clock = new StageClock(note, 7, goesOn::get, NEVER)) {
      assertTrue(clock.here() < 60);
    }
    assertEquals(7, StageClock.noted(note).orElseThrow(), 60);
  }

  /** The figure is lost, and nothing else. */
  @Test
  void aNoteThatCannotBeWrittenStopsNothing() throws Exception {
    Path file = Files.writeString(temp.resolve("file"), "");
    Path note = file.resolve("distill.seconds");
    try (StageClock clock = new StageClock(note, 7, () -> true, NEVER)) {
      assertEquals(7, clock.total(), 60);
    }
    assertEquals(OptionalDouble.empty(), StageClock.noted(note));
  }
}
