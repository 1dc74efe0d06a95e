package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BarViewTest {

  @Test
  void barShowsCountRateAndTimeLeft() throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BarView view = new BarView(new PrintStream(bytes, true, StandardCharsets.UTF_8), 79);
    for (int i = 1; i <= 20; i++) {
      view.update("scoring", i, 100, "images");
      Thread.sleep(60);
    }
    view.clear();
    String shown = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(shown.contains("scoring"), shown);
    assertTrue(shown.matches("(?s).*\\d+/100 images.*"), shown);
    assertTrue(shown.matches("(?s).*images/s.*"), shown);
    assertTrue(shown.matches("(?s).*/ 0:00:\\d\\d.*"), shown);
    assertFalse(shown.contains("\n"), shown);
    assertTrue(shown.endsWith("\r"), shown);
  }

  @Test
  void aTerminalThatMayBeTooNarrowGetsLines() {
    PrintStream terminal =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    assertInstanceOf(LineView.class, BarView.on(terminal, 55));
    assertInstanceOf(BarView.class, BarView.on(terminal, 56));
  }

  /** The library fills a line from the left and cuts off what is too much: rate and time left. */
  @ParameterizedTest
  @ValueSource(ints = {79, 119})
  void longTasksLeaveRoomForTheFigures(int width) throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BarView view = new BarView(new PrintStream(bytes, true, StandardCharsets.UTF_8), width);
    for (int i = 1; i <= 12; i++) {
      view.update(
          "convnet on distilled images, repeats 1, 2, 3, 4, 5 of 5", 3000 + i, 6000, "epochs");
      Thread.sleep(60);
    }
    view.clear();
    String shown = bytes.toString(StandardCharsets.UTF_8);
    assertTrue(shown.contains("\rconvnet on di"), shown);
    assertTrue(
        shown.matches("(?s).* 50% .*30\\d\\d/6000 epochs .*/ 0:\\d\\d:\\d\\d\\) [^ ]+ epochs/s.*"),
        shown);
    for (String line : shown.split("\r", -1)) {
      assertTrue(line.length() <= width, line);
    }
  }
}
