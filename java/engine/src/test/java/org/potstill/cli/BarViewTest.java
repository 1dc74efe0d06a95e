package org.potstill.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class BarViewTest {

  @Test
  void barShowsCountRateAndTimeLeft() throws InterruptedException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BarView view = new BarView(new PrintStream(bytes, true, StandardCharsets.UTF_8));
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
}
