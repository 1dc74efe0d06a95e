package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The tables of docs/configuration.md are written from the description of the keys: after a change
 * run this test with {@code -Dpotstill.write-docs=true}, which writes them anew.
 */
class ConfigurationPageTest {

  private static final Path PAGE =
      Path.of(System.getProperty("potstill.root", "../.."), "docs", "configuration.md");
  private static final String BEGIN = "<!-- keys: written by ConfigurationPageTest -->\n";
  private static final String END = "<!-- end of keys -->\n";

  @Test
  void pageListsEveryKey() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    int end = page.indexOf(END);
    assertTrue(begin >= BEGIN.length() && end >= begin, "the marks are missing in " + PAGE);
    if (Boolean.getBoolean("potstill.write-docs")) {
      Files.writeString(PAGE, page.substring(0, begin) + tables() + page.substring(end));
      return;
    }
    assertEquals(tables(), page.substring(begin, end));
  }

  /** Keys whose defaults are not the paper's, in a table of their own. */
  @Test
  void defaultsThatAreNotThePapersAreTheDefaults() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf("## What is not as in the paper");
    String section = page.substring(begin, page.indexOf(BEGIN));
    List<String> rows = section.lines().filter(line -> line.startsWith("| `")).toList();
    assertEquals(8, rows.size());
    for (String row : rows) {
      String[] cells = row.split("\\|", -1);
      String path = cells[1].replace("`", "").strip();
      Key key =
          ConfigKeys.all().stream().filter(k -> k.path().equals(path)).findFirst().orElseThrow();
      assertEquals(cell(ConfigSchema.defaultOf(key)), cells[2].strip(), path);
    }
  }

  private static String tables() {
    StringBuilder text = new StringBuilder();
    for (String section : ConfigKeys.namesIn("")) {
      text.append("\n## ").append(section).append("\n\n");
      text.append("| key | default | allowed | what it is |\n|---|---|---|---|\n");
      for (Key key : ConfigKeys.all()) {
        if (key.path().startsWith(section + ".")) {
          text.append("| `").append(key.path()).append("` | ");
          text.append(cell(ConfigSchema.defaultOf(key))).append(" | ");
          text.append(cell(key.type().allowed())).append(" | ");
          text.append(cell(key.about())).append(" |\n");
        }
      }
    }
    return text.append('\n').toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_");
  }
}
