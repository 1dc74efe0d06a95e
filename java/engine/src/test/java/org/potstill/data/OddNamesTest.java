package org.potstill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.potstill.testing.ForkedJvm;

/** File names with any letters, in any locale. */
class OddNamesTest {

  /** Names that shells, tables and locales stumble over. */
  static final List<String> NAMES =
      List.of(
          "a b.png",
          "c,d.png",
          "e\"f'g.png",
          "h\ni.png",
          "j\\k%20.png",
          "\u00e4\u00df\u4e2d\ud83d\ude00.png");

  @TempDir Path folder;

  /** Creates the files (write) or lists and reads them (read); prints what it found. */
  public static void main(String[] args) throws Exception {
    Path root = Path.of(args[1]);
    if (args[0].equals("write")) {
      for (String name : NAMES) {
        TestImages.write(
            root.resolve("train").resolve("Gr\u00fcn").resolve(name),
            TestImages.encode(".png", 4 + NAMES.indexOf(name), 3));
      }
      TestImages.write(root.resolve("train/other/x.png"), TestImages.encode(".png", 3, 3));
      return;
    }
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    try (Dataset dataset =
        Datasets.open(DataConfigs.withShare(DataConfigs.of("folder:" + root), 0), 0)) {
      for (ImageRecord image : dataset.training()) {
        out.println(image.id().replace("\n", "<newline>") + " " + dataset.read(image).width());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"C.UTF-8", "C"})
  void idsAndImagesAreTheSameInEveryLocale(String locale) throws Exception {
    assertEquals(0, run("C.UTF-8", "write").status());
    ForkedJvm.Outcome found = run(locale, "read");
    StringBuilder expected = new StringBuilder();
    NAMES.stream()
        .sorted()
        .forEach(
            name ->
                expected
                    .append("train/Gr\u00fcn/")
                    .append(name.replace("\n", "<newline>"))
                    .append(" ")
                    .append(4 + NAMES.indexOf(name))
                    .append("\n"));
    assertEquals(expected + "train/other/x.png 3\n", found.out(), found.err());
    assertEquals("", found.err());
  }

  private ForkedJvm.Outcome run(String locale, String mode) throws Exception {
    return new ForkedJvm(folder)
        .option("-Dstdout.encoding=UTF-8")
        .environment("LC_ALL", locale)
        .run(OddNamesTest.class.getName(), mode, folder.toString());
  }
}
