package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigWriterTest {

  @TempDir Path folder;

  static Stream<List<String>> settings() {
    return Stream.of(
        List.of("data.source=builtin:fashion-mnist-mini"),
        List.of(
            "data.source='folder:with space, comma and \u00e9'",
            "data.classes=['yes', '7', 'a: b', '# c', \"new\\nline\"]",
            "data.mean=[0.1, 0.25, 1e-3]",
            "data.std=[1, 0.5, 0.30000000000000004]",
            "data.class-index={'7': 3, 'no': 0}",
            "run.name='null'",
            "run.seed=9223372036854775807",
            "run.deterministic=true",
            "score.weights=../w.pth",
            "score.from=runs/earlier"),
        List.of(
            "data.source=cifar10:c",
            "distill.method=mtt",
            "distill.space=glad",
            "distill.prior.init=random",
            "distill.augment=none",
            "distill.learning-rate=1.0e-7",
            "experts.count=3",
            "evaluate.baselines=[]"),
        List.of(
            "data.source=folder:images",
            "distill.space=ld3m",
            "distill.prior.diffusion.encoder-input=symmetric"));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void reloadedConfigIsEqual(List<String> settings) throws IOException {
    Config config = ConfigLoader.of(settings.toArray(String[]::new));
    Path file = folder.resolve("config.yaml");
    Files.writeString(file, ConfigWriter.toYaml(config));
    Config reloaded = ConfigLoader.load(file, List.of());
    assertEquals(config, reloaded);
    assertEquals(List.of(), ConfigDiff.changedKeys(config, reloaded));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void everyValueStandsWhereItBelongs(List<String> settings) {
    String yaml = ConfigWriter.toYaml(ConfigLoader.of(settings.toArray(String[]::new)));
    assertFalse(Pattern.compile(": [&*]id\\d").matcher(yaml).find(), yaml);
  }

  @ParameterizedTest
  @MethodSource("settings")
  void everyKeyInForceIsWritten(List<String> settings) {
    Config config = ConfigLoader.of(settings.toArray(String[]::new));
    boolean ld3m = config.distill().space() == DistillConfig.Space.LD3M;
    List<String> expected =
        ConfigKeys.all().stream()
            .map(Key::path)
            .filter(path -> config.experts() != null || !path.startsWith("experts."))
            .filter(path -> config.distill().prior() != null || !path.startsWith("distill.prior."))
            .filter(path -> ld3m || !path.startsWith("distill.prior.diffusion."))
            .toList();
    assertEquals(expected, List.copyOf(ConfigValues.of(config).keySet()));
  }

  @Test
  void differencesNameKeyAndBothValues() {
    Config before = ConfigLoader.of("data.source=idx:d", "distill.iterations=100");
    Config after = ConfigLoader.of("data.source=idx:d", "distill.method=mtt", "prune.keep=0.2");
    List<ConfigDiff.Change> changes = ConfigDiff.changedKeys(before, after);
    assertTrue(changes.contains(new ConfigDiff.Change("distill.iterations", "100", "10000")));
    assertTrue(changes.contains(new ConfigDiff.Change("distill.method", "dm", "mtt")));
    assertTrue(changes.contains(new ConfigDiff.Change("experts.count", "not set", "100")));
    assertTrue(changes.contains(new ConfigDiff.Change("distill.learning-rate", "10", "10000")));
    assertTrue(changes.stream().noneMatch(change -> change.path().equals("prune.keep")));
  }
}
