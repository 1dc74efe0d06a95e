package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The report in a real browser. Screenshots are left in {@code target/report-screenshots} to be
 * looked at; {@code -Dpotstill.report=FILE} photographs the page of a run for the README instead.
 */
class ReportBrowserTest {

  private static final Path SCREENSHOTS = Path.of("target/report-screenshots");

  /** Longer pages are photographed to here. */
  private static final int MOST_PIXELS = 6000;

  private static final List<Integer> WIDTHS = List.of(1280, 400);
  private static final List<String> EVIL =
      List.of(
          "<script>document.title='owned'</script>",
          "\"><img src=x onerror=document.title='owned'>",
          "a\nb, 'c' `d` {{page.seed}}",
          "Schöne Schürze 長い名前 " + "w".repeat(120),
          "</script><b>&amp;</b>");

  @TempDir static Path profile;
  private static Browser browser;

  @BeforeAll
  static void start() {
    assumeTrue(
        Browser.isInstalled(), "needs a browser: apt-get install -y chromium chromium-driver");
    browser = new Browser(profile);
  }

  @AfterAll
  static void stop() {
    if (browser != null) {
      browser.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "full, light",
    "full, dark",
    "bare, light",
    "evil, dark",
    "colour-five, light",
    "many-classes, light"
  })
  void pageIsWholeAndReadableAtEveryWidth(String kind, String scheme, @TempDir Path root)
      throws IOException {
    Path page = sample(kind, root).report();
    for (int width : WIDTHS) {
      browser.show(page, width, scheme);
      assertWhole(page, width);
      Path screenshot = SCREENSHOTS.resolve(kind + "-" + width + "-" + scheme + ".png");
      browser.screenshot(screenshot, width, MOST_PIXELS);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "one-each, 28, 1, light",
    "one-each, 28, 1, dark",
    "colour-one, 128, 1, light",
    "colour-ten, 128, 10, light",
    "evil, 28, 1, dark"
  })
  void runsSideBySideAreWholeAtEveryWidth(
      String kind, int side, int imagesPerClass, String scheme, @TempDir Path folder)
      throws IOException {
    List<String> classes = kind.equals("evil") ? EVIL : SampleRun.CLASSES;
    List<Path> runs = new ArrayList<>();
    for (String space : List.of("pixel", "glad", "ld3m")) {
      Path root = folder.resolve(space);
      SampleRun run = new SampleRun(root, classes, side).imagesInClass(20).space(space);
      run.imagesPerClass(imagesPerClass).required().evaluated();
      runs.add(root);
    }
    Path page = folder.resolve("page.html");
    SideBySide.write(runs, page);
    for (int width : WIDTHS) {
      browser.show(page, width, scheme);
      assertWhole(page, width);
      long images = 3L * classes.size() * imagesPerClass;
      assertEquals(images, browser.value("document.images.length"));
      assertEquals(
          "Pixel space, GLaD, LD3M · Potstill side by side", browser.value("document.title"));
      String name = "side-by-side-" + kind + "-" + width + "-" + scheme + ".png";
      browser.screenshot(SCREENSHOTS.resolve(name), width, MOST_PIXELS);
    }
  }

  @Test
  void chartsAreDrawn(@TempDir Path root) throws IOException {
    browser.show(sample("full", root).report(), 1280, "light");
    Object blank =
        browser.value(
            "[...document.querySelectorAll('canvas')].filter(c => !c.getContext('2d')"
                + ".getImageData(0, 0, c.width, c.height).data.some(v => v)).length");
    Object canvases = browser.value("document.querySelectorAll('.chart canvas').length");
    assertEquals(SampleRun.CLASSES.size() + 2L, canvases);
    assertEquals(0L, blank);
  }

  @Test
  void namesOfClassesStayText(@TempDir Path root) throws IOException {
    browser.show(sample("evil", root).report(), 1280, "light");
    assertEquals("quickstart · Potstill report", browser.value("document.title"));
    Object shown =
        browser.value("[...document.querySelectorAll('.histograms b')].map(b => b.textContent)");
    assertEquals(EVIL, shown);
  }

  @Test
  void photographOfARun() throws IOException {
    String run = System.getProperty("potstill.report", "");
    assumeTrue(!run.isEmpty(), "no page named by -Dpotstill.report");
    Path target = Path.of(System.getProperty("potstill.report.image", "target/report.png"));
    browser.show(Path.of(run).toAbsolutePath(), 1280, "light");
    browser.screenshot(target, 1280, 1500);
    assertTrue(Files.size(target) > 0);
  }

  private static SampleRun sample(String kind, Path root) throws IOException {
    return switch (kind) {
      case "bare" -> new SampleRun(root, SampleRun.CLASSES, 28).required();
      case "evil" -> new SampleRun(root, EVIL, 28).required().optional();
      case "colour-five" ->
          new SampleRun(root, SampleRun.CLASSES, 96).imagesPerClass(5).required().optional();
      case "many-classes" ->
          new SampleRun(root, SampleRun.names("class %d", 1000), 32).imagesInClass(20).required();
      default ->
          new SampleRun(root, SampleRun.CLASSES, 28)
              .keys(SampleRun.names("n%08d", SampleRun.CLASSES.size()))
              .required()
              .optional();
    };
  }

  private static void assertWhole(Path page, int width) throws IOException {
    assertEquals(List.of(), browser.complaints());
    for (String address : browser.requests()) {
      assertTrue(
          address.equals(page.toUri().toString()) || address.startsWith("data:"),
          () -> "the page asks for " + address);
    }
    assertEquals(0L, browser.value("[...document.images].filter(i => !i.naturalWidth).length"));
    assertEquals(0L, browser.value("[...document.images].filter(i => !i.alt).length"));
    Number scroll = (Number) browser.value("document.documentElement.scrollWidth");
    assertTrue(scroll.intValue() <= width, () -> width + " pixels are too narrow: " + scroll);
  }
}
