package org.potstill.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.errors.InputException;
import org.potstill.testing.ForkedJvm;

class ReportStageTest {

  private static final long MOST_BYTES = 10_000_000;

  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({
    "config.yaml, run",
    "scores.csv, score",
    "coreset.csv, prune",
    "distilled/distilled.safetensors, distill"
  })
  void missingFileIsNamedWithTheStageThatWritesIt(String file, String stage) throws IOException {
    SampleRun run = sample().required();
    // Keeps the folder recognisable as a run where the file that marks it is the missing one.
    Files.writeString(root.resolve("stages.json"), "{}");
    Files.delete(root.resolve(file));
    InputException error = assertThrows(InputException.class, run::report);
    assertTrue(error.getMessage().contains(file), error.getMessage());
    assertTrue(error.getMessage().contains("'" + stage + "'"), error.getMessage());
    assertFalse(Files.exists(root.resolve("report.html")));
  }

  @Test
  void theHeadSaysWhatIsGainedOverRandomImages() throws IOException {
    String page = Files.readString(sample().required().optional().report());
    assertTrue(page.contains("+18.5 points; "), page);
  }

  @ParameterizedTest
  @CsvSource({
    "evaluation.json, have not been evaluated",
    "distilled/initial.safetensors, From an earlier iteration",
    "metrics.jsonl, No losses were logged",
    "gallery/index.json, keeps no thumbnails"
  })
  void missingPartLeavesASentence(String file, String sentence) throws IOException {
    SampleRun run = sample().required().optional();
    assertFalse(Files.readString(run.report()).contains(sentence));
    Files.delete(root.resolve(file));
    assertTrue(Files.readString(run.report()).contains(sentence));
  }

  @ParameterizedTest
  @CsvSource({
    "evaluation.json",
    "stages.json",
    "gallery/index.json",
    "left-out.csv",
    "distilled/initial.safetensors",
    "distilled/history/000500.safetensors"
  })
  void brokenPartIsAWarningOnThePage(String file) throws IOException {
    SampleRun run = sample().required().optional();
    Files.writeString(root.resolve(file), "{broken");
    String page = Files.readString(run.report());
    assertTrue(page.contains("could not be read and is not shown"), file);
  }

  /** A file whose header is JSON but says what cannot be. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[0.5,0.5,0.5];[0.5,x,0.5];is no number",
        "\"class_names\":\"[;\"class_names\":\"[null,;empty place",
        "\"data_offsets\":;\"offsets\":;begins and ends",
        "\"data_offsets\":[0,;\"data_offsets\":[-8,;begins and ends",
        "\"shape\":[;\"shape\":[-;has a size of -",
        "\"shape\":[;\"shape\":[9999999999;has a size of 9999999999"
      })
  void earlierImagesWithAStrangeHeaderAreAWarningOnThePage(String part, String other, String told)
      throws IOException {
    SampleRun run = sample().required().optional();
    Path images = root.resolve("distilled/history/000500.safetensors");
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(images)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) file.getLong()];
    file.get(header);
    String text = new String(header, StandardCharsets.UTF_8);
    assertTrue(text.contains(part), text);
    byte[] changed = text.replace(part, other).getBytes(StandardCharsets.UTF_8);
    ByteBuffer written =
        ByteBuffer.allocate(8 + changed.length + file.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(images, written.putLong(changed.length).put(changed).put(file).array());
    String page = Files.readString(run.report());
    assertTrue(page.contains("could not be read and is not shown"), page);
    assertTrue(page.contains(told), told);
  }

  @Test
  void brokenRequiredFileIsAnErrorThatNamesIt() throws IOException {
    SampleRun run = sample().required();
    Files.writeString(root.resolve("scores.csv"), "id,class,loss\r\na,b,c\r\n");
    InputException error = assertThrows(InputException.class, run::report);
    assertTrue(error.getMessage().contains("scores.csv"), error.getMessage());
  }

  @Test
  void truncatedImagesAreAnErrorThatNamesThem() throws IOException {
    SampleRun run = sample().required();
    Path images = root.resolve("distilled/distilled.safetensors");
    byte[] bytes = Files.readAllBytes(images);
    Files.write(images, Arrays.copyOf(bytes, bytes.length / 2));
    InputException error = assertThrows(InputException.class, run::report);
    assertTrue(error.getMessage().contains(images.toString()), error.getMessage());
  }

  @Test
  void classesWithoutKeptImagesAreWarnedOf() throws IOException {
    SampleRun run = sample().required();
    Files.writeString(
        root.resolve("scores.csv"), "train/a.png,Lonely <b>,0.5\r\n", StandardOpenOption.APPEND);
    String page = Files.readString(run.report());
    assertTrue(page.contains("1 class keeps no image"), "names the number of classes");
    assertTrue(page.contains("<li>Lonely &lt;b&gt;</li>"), "names the class, escaped");
  }

  @Test
  void picturesNeedNoFolderOfTemporaryFiles() throws IOException {
    Path gone = Files.createDirectory(root.resolve("gone"));
    ImageIO.setCacheDirectory(gone.toFile());
    Files.delete(gone);
    try {
      BufferedImage grey = new BufferedImage(2, 3, BufferedImage.TYPE_BYTE_GRAY);
      Pictures.Picture picture = new Pictures(8, 1000).of(grey, "grey");
      byte[] png = Base64.getDecoder().decode(picture.source().split(",", -1)[1]);
      ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(png));
      assertEquals(3, ImageIO.read(in).getHeight());
    } finally {
      ImageIO.setCacheDirectory(null);
    }
  }

  @Test
  void picturesNeedNoDisplay() throws Exception {
    ForkedJvm jvm = new ForkedJvm(root).environment("DISPLAY", ":99");
    // A headless Java 17 has to be told that it is one, as HostRequirements says.
    Path display = Path.of(System.getProperty("java.home"), "lib", "libawt_xawt.so");
    if (!Files.exists(display) && Runtime.version().feature() == 17) {
      jvm.option("-Djava.awt.headless=true");
    }
    ForkedJvm.Outcome outcome = jvm.run(Reducing.class.getName());
    assertEquals(0, outcome.status(), outcome.err());
  }

  /** Makes pictures with colours that can be told, smaller and as large as they are. */
  static final class Reducing {

    private Reducing() {}

    public static void main(String[] arguments) throws IOException {
      BufferedImage grey = new BufferedImage(64, 32, BufferedImage.TYPE_BYTE_GRAY);
      BufferedImage colour = new BufferedImage(64, 32, BufferedImage.TYPE_3BYTE_BGR);
      for (int y = 0; y < 32; y++) {
        for (int x = 0; x < 64; x++) {
          grey.getRaster().setSample(x, y, 0, 100);
          colour.setRGB(x, y, 0x0A64C8);
        }
      }
      for (int longest : new int[] {64, 16}) {
        assertAll(0xFF646464, shown(grey, longest), longest);
        assertAll(0xFF0A64C8, shown(colour, longest), longest);
      }
    }

    private static BufferedImage shown(BufferedImage image, int longest) throws IOException {
      Pictures.Picture picture = new Pictures(longest, 100_000).of(image, "");
      byte[] png = Base64.getDecoder().decode(picture.source().split(",", -1)[1]);
      return ImageIO.read(new MemoryCacheImageInputStream(new ByteArrayInputStream(png)));
    }

    private static void assertAll(int colour, BufferedImage image, int longest) {
      assertEquals(longest, image.getWidth());
      assertEquals(longest / 2, image.getHeight());
      for (int y = 0; y < image.getHeight(); y++) {
        for (int x = 0; x < image.getWidth(); x++) {
          assertEquals(colour, image.getRGB(x, y), x + ", " + y);
        }
      }
    }
  }

  private static JsonNode chart(String page, String id) throws IOException {
    String start = "<script type=\"application/json\" id=\"charts\">";
    int at = page.indexOf(start) + start.length();
    for (JsonNode chart : new ObjectMapper().readTree(page.substring(at, page.indexOf("<", at)))) {
      if (chart.path("id").asText().equals(id)) {
        return chart;
      }
    }
    throw new AssertionError("no chart " + id);
  }

  private static double[] numbers(JsonNode array) {
    return IntStream.range(0, array.size()).mapToDouble(i -> array.get(i).asDouble()).toArray();
  }

  /** Losses of 1800 steps, each that of its number. */
  @Test
  void longCurvesAreMeansOfNeighbouringSteps() throws IOException {
    SampleRun run = sample().required();
    StringBuilder lines = new StringBuilder();
    for (int step = 1; step <= 1800; step++) {
      lines.append("{\"stage\":\"distill\",\"step\":").append(step);
      lines.append(",\"seconds\":1,\"loss\":").append(step).append("}\n");
    }
    Files.writeString(root.resolve("metrics.jsonl"), lines);
    JsonNode curve = chart(Files.readString(run.report()), "curve-distill");
    double[] expected = IntStream.range(0, 600).mapToDouble(i -> 3 * i + 2).toArray();
    assertArrayEquals(expected, numbers(curve.at("/data/steps")), 1e-9);
    assertArrayEquals(expected, numbers(curve.at("/data/values")), 1e-9);
    assertEquals("iteration", curve.at("/data/step").asText());
    assertEquals(
        "loss from 2.00 to 1799 over 1800 logged steps", curve.path("description").asText());
  }

  @Test
  void aDamagedByteOfTheMetricsCostsItsLineAlone() throws IOException {
    SampleRun run = sample().required();
    String line = "{\"stage\":\"distill\",\"step\":N,\"seconds\":1,\"loss\":N}\n";
    byte[] lines =
        (line.replace("N", "1") + line.replace("N", "2") + line.replace("N", "3"))
            .getBytes(StandardCharsets.UTF_8);
    lines[line.length() + 2] ^= (byte) 0x80;
    Files.write(root.resolve("metrics.jsonl"), lines);
    String page = Files.readString(run.report());
    assertArrayEquals(new double[] {1, 3}, numbers(chart(page, "curve-distill").at("/data/steps")));
    assertFalse(page.contains("could not be read"), page);
  }

  @Test
  void accuraciesOfIterationsAndLossesOfClassesAreDrawn() throws IOException {
    String page = Files.readString(sample().required().optional().report());
    JsonNode accuracy = chart(page, "curve-accuracy");
    assertArrayEquals(new double[] {500, 1000, 1500, 2000}, numbers(accuracy.at("/data/steps")));
    assertArrayEquals(new double[] {55, 66, 71, 70}, numbers(accuracy.at("/data/values")), 1e-9);
    assertEquals("iteration 1\u202f500 was chosen", accuracy.path("note").asText());
    JsonNode histogram = chart(page, "histogram-0");
    assertEquals(50, Arrays.stream(numbers(histogram.at("/data/all"))).sum());
    double[] kept = numbers(histogram.at("/data/kept"));
    assertEquals(10, Arrays.stream(kept).sum());
    int last = kept.length - 1;
    while (kept[last] == 0) {
      last--;
    }
    // The easy ones are kept, so all lie below the cut.
    double cut = histogram.at("/data/cut").asDouble() - histogram.at("/data/start").asDouble();
    assertEquals(last, (int) (cut / histogram.at("/data/width").asDouble()));
    String note = histogram.path("note").asText();
    assertTrue(note.startsWith("10 of 50 kept, cut at 0."), note);
  }

  @Test
  void samePageForTheSameRun() throws IOException {
    SampleRun run = sample().required().optional();
    String first = Files.readString(run.report());
    assertEquals(first, Files.readString(run.report()));
  }

  @Test
  void thousandClassesStaySmall() throws IOException {
    SampleRun run = new SampleRun(root, SampleRun.names("class %d", 1000), 32).imagesInClass(20);
    run.thumbnails(1);
    Path page = run.required().optional().report();
    assertTrue(Files.size(page) < MOST_BYTES, () -> page.toFile().length() + " bytes");
    String text = Files.readString(page);
    assertTrue(text.contains("300 of 1\u202f000 images"), "says that images are left out");
    assertTrue(text.contains("of 1\u202f000 classes"), "says that classes are left out");
  }

  @Test
  void manyLargeImagesStaySmall() throws IOException {
    SampleRun run = new SampleRun(root, List.of("a", "b"), 128).imagesPerClass(200);
    Path page = run.required().report();
    assertTrue(Files.size(page) < MOST_BYTES, () -> page.toFile().length() + " bytes");
  }

  @ParameterizedTest
  @CsvSource({"none, Nothing was pruned", "random, drawn at random"})
  void aRunThatRanksNothingNeedsNoScores(String mode, String said) throws IOException {
    SampleRun run = sample().required();
    Files.delete(root.resolve("scores.csv"));
    Files.deleteIfExists(root.resolve("coreset.csv"));
    Path config = root.resolve("config.yaml");
    Files.writeString(config, Files.readString(config).replace("mode: easy", "mode: " + mode));
    assertTrue(Files.readString(run.report()).contains(said));
  }

  @ParameterizedTest
  @CsvSource({"none, 0.2, nothing left out", "random, 1.0, the random 100\u202f% of every class"})
  void whereAllAreKeptTheCoreSetCountsWhatWentIn(String mode, String keep, String how)
      throws IOException {
    String page = unscored(mode, keep);
    assertTrue(page.contains(figure("Images in", "100", "in 10 classes")));
    assertTrue(page.contains(figure("Kept", "100", "100.0\u202f% of them")));
    assertTrue(page.contains(figure("Compression", "10×", "images in for one distilled")));
    assertTrue(page.contains("100 images of builtin:"), page);
    assertEquals("100 images", step(page, "source"));
    assertEquals("100 kept", step(page, "prune"));
    assertTrue(page.contains(how), page);
    assertEquals("", step(page, "score"));
  }

  /** {@code int(keep * n)} images do not tell n. */
  @Test
  void whatARandomShareWasDrawnFromIsNotGuessed() throws IOException {
    String page = unscored("random", "0.2");
    assertTrue(page.contains(figure("Kept", "100", "images, drawn at random")));
    assertEquals("100 kept", step(page, "prune"));
    assertTrue(page.contains("the random 20\u202f% of every class"), page);
    assertEquals("", step(page, "source"));
    assertFalse(page.contains("<dt>Images in</dt>"), page);
    assertFalse(page.contains("<dt>Compression</dt>"), page);
  }

  @Test
  void whatARandomShareWasDrawnFromIsShownWhereThePruningNotedIt() throws IOException {
    sample().required();
    Files.writeString(
        root.resolve("metrics.jsonl"),
        "{\"stage\":\"prune\",\"step\":1,\"seconds\":0.2,\"images\":509.0,\"kept\":100.0}\n");
    String page = unscored("random", "0.2");
    assertTrue(page.contains(figure("Images in", "509", "in 10 classes")));
    assertTrue(page.contains(figure("Kept", "100", "19.6\u202f% of them")));
    assertEquals("509 images", step(page, "source"));
    assertEquals("100 kept", step(page, "prune"));
  }

  @Test
  void sharesThatAreNotScoredAreNamed() throws IOException {
    SampleRun run = sample().required();
    String held = "builtin:fashion-mnist-mini, %s10\u202f%% more held back<";
    String page = Files.readString(run.report());
    assertTrue(page.contains(held.formatted("")), page);
    Path config = root.resolve("config.yaml");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("validation-share: 0.1", "validation-share: 0.1, test-share: 0.25"));
    page = Files.readString(run.report());
    assertTrue(page.contains(held.formatted("25\u202f% to test on, ")), page);
  }

  /** The page of a run that scored nothing and kept 100 images. */
  private String unscored(String mode, String keep) throws IOException {
    SampleRun run = sample().required();
    Files.delete(root.resolve("scores.csv"));
    Path coreset = root.resolve("coreset.csv");
    Files.writeString(
        coreset, Files.readString(coreset).replaceAll(",[-.0-9E]+,(\\d+)\r\n", ",NaN,$1\r\n"));
    Path config = root.resolve("config.yaml");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("{mode: easy, keep: 0.2}", "{mode: " + mode + ", keep: " + keep + "}"));
    return Files.readString(run.report());
  }

  private static String figure(String label, String value, String note) {
    return "<dt>%s</dt><dd class=\"value\">%s</dd><dd class=\"note\">%s</dd>"
        .formatted(label, value, note);
  }

  /** The figure of a stage of the pipeline; empty where the page does not have it. */
  private static String step(String page, String stage) {
    Matcher found =
        Pattern.compile("<span class=\"stage\">" + stage + "</span>\\s*<strong>([^<]*)<")
            .matcher(page);
    return found.find() ? found.group(1) : "";
  }

  private SampleRun sample() {
    return new SampleRun(root, SampleRun.CLASSES, 28).imagesInClass(50);
  }
}
