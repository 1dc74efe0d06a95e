package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigTemplateTest {

  @TempDir Path folder;

  private Config load(String text) throws IOException {
    Path file = folder.resolve("potstill.yaml");
    Files.writeString(file, text);
    return ConfigLoader.load(file, List.of());
  }

  @Test
  void newConfigHoldsTheDefaults() throws IOException {
    Config expected = ConfigLoader.of("data.source=builtin:fashion-mnist-mini");
    assertEquals(expected, load(ConfigTemplate.yaml("potstill.schema.json")));
  }

  @Test
  void everyKeyCanBeTakenOutOfItsComment() throws IOException {
    String text = ConfigTemplate.yaml(null).replaceAll("(?m)^( *)#(?! )", "$1");
    for (Key key : ConfigKeys.all()) {
      assertTrue(text.contains("\n" + " ".repeat(depth(key)) + key.name() + ":"), key.path());
    }
    Config config =
        load(text.replace("method: dm", "method: mtt").replace("space: pixel", "space: ld3m"));
    assertEquals(100, config.experts().count());
    assertEquals(10, config.distill().prior().chunk());
    assertEquals(10, config.distill().prior().diffusion().steps());
    assertEquals(folder.resolve("runs/potstill"), config.run().out());
  }

  private static int depth(Key key) {
    return 2 * (int) key.path().chars().filter(letter -> letter == '.').count();
  }
}
