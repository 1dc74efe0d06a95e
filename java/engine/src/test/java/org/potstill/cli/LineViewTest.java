package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LineViewTest {

  private static final long SECOND = 1_000_000_000;

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong(SECOND);
  private final LineView view =
      new LineView(new PrintStream(bytes, true, StandardCharsets.UTF_8), clock::get);

  private List<String> lines() {
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** Those that were done before, as of a resumed stage, are not of this rate. */
  @Test
  void everyFiveSecondsALineTellsTheRateSinceTheTaskBegan() {
    view.update("train", 400, 1000, "images");
    for (int done = 420; done <= 640; done += 20) {
      clock.addAndGet(SECOND);
      view.update("train", done, 1000, "images");
    }
    assertEquals(
        List.of(
            "train: 500 of 1000 images, 20/s, 25 s left",
            "train: 600 of 1000 images, 20/s, 20 s left"),
        lines());
  }

  @Test
  void slowRatesHaveTwoDigits() {
    view.update("train", 0, 10, "epochs");
    clock.addAndGet(8 * SECOND);
    view.update("train", 2, 10, "epochs");
    assertEquals(List.of("train: 2 of 10 epochs, 0.25/s, 32 s left"), lines());
  }

  @Test
  void anotherTaskBeginsAnewAndNothingIsToldBeforeSomethingIsDone() {
    view.update("train", 0, 10, "epochs");
    clock.addAndGet(6 * SECOND);
    view.update("test", 5, 10, "images");
    clock.addAndGet(6 * SECOND);
    view.update("test", 5, 10, "images");
    view.clear();
    view.update("test", 6, 10, "images");
    assertEquals(List.of(), lines());
  }
}
