package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.errors.InputException;
import org.potstill.run.HomeFolder;

class ConfigLoaderTest extends ConfigFileTests {

  @ParameterizedTest
  @CsvSource({
    "'prune: {mode: easy,\n  keep: !!str 0.5}',3,prune.keep,!!str",
    "'run: {seed: !!float 1}',2,run.seed,!!float",
    "'run: {name: !!str 5}',2,run.name,!!str",
    "'run: {name: !!int five}',2,run.name,!!int",
    "'run: {name: !foo five}',2,run.name,!foo",
    "'evaluate:\n  networks: [convnet, !bar vit]',3,evaluate.networks,!bar",
    "'evaluate: {networks: !!set {convnet: null}}',2,evaluate.networks,!!set",
    "'run: !foo {seed: 1}',2,run,!foo",
    "'run: {!foo seed: 1}',2,run.seed,!foo"
  })
  void aTagThatMakesAValueSomethingElseIsAnError(String text, int line, String key, String tag)
      throws IOException {
    Path file = folder.resolve("tagged.yaml");
    Files.writeString(file, "data: {source: 'builtin:fashion-mnist-mini'}\n" + text + "\n");
    InputException error =
        assertThrows(InputException.class, () -> ConfigLoader.load(file, List.of()));
    String found = file + ", line " + line + ": " + key + ": found the tag " + tag + "; allowed: ";
    assertTrue(error.getMessage().startsWith(found), error.getMessage());
  }

  @Test
  void tagsOfOptionsAreErrorsAndThoseThatSayWhatAValueIsAreNot() throws IOException {
    Path file = folder.resolve("tagged.yaml");
    Files.writeString(file, "data: {source: !!str 'builtin:fashion-mnist-mini'}\n");
    Config config = ConfigLoader.load(file, List.of("run.seed=!!int 3", "run.name=!!str five"));
    assertEquals(3, config.run().seed());
    InputException error =
        assertThrows(
            InputException.class, () -> ConfigLoader.load(file, List.of("run.seed=!!str 3")));
    assertTrue(
        error.getMessage().startsWith("--set run.seed=!!str 3, line 1: found the tag !!str;"),
        error.getMessage());
  }

  @Test
  void expertsOfAnotherRunAreTakenByTheMethodThatHasSome() {
    Path other = Path.of("/other");
    Config matching = ConfigLoader.of("data.source=builtin:fashion-mnist-mini");
    InputException error =
        assertThrows(InputException.class, () -> matching.withExpertsFrom(other));
    assertEquals(
        "experts.from: is set, but only distill.method mtt has experts and the method is dm",
        error.getMessage());
    Config trajectories =
        ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "distill.method=mtt");
    assertEquals(other, trajectories.withExpertsFrom(other).experts().from());
  }

  @Test
  void tildeIsTheHomeDirectory() throws IOException {
    Path home = HomeFolder.find().orElse(null);
    assumeTrue(home != null, "no home directory is known");
    Config config = load("data: {source: 'folder:~/images'}\n", "run.out=~/runs/a");
    assertEquals("folder:" + home.resolve("images"), config.data().source());
    assertEquals(home.resolve("runs/a"), config.run().out());
    assertEquals(
        folder.resolve("~images").toString(),
        load("data: {source: 'idx:~images'}\n").data().source().substring("idx:".length()));
  }

  @Test
  void overridesWinAndTheirPathsAreRelativeToTheWorkingDirectory() throws IOException {
    Config config =
        load(
            "data: {source: 'folder:x', classes: imagenette}\nprune: {keep: 0.5}\n",
            "prune.keep=0.25",
            "data.source=folder:images",
            "evaluate.networks=[convnet, vit]",
            "distill.network={depth: 4, norm: none}",
            "score.from=none",
            "run.name=2024");
    assertEquals(0.25, config.prune().keep());
    assertEquals("folder:" + Path.of("images").toAbsolutePath(), config.data().source());
    assertEquals(List.of("convnet", "vit"), config.evaluate().networks());
    assertEquals(List.of("imagenette"), config.data().classes());
    assertEquals(4, config.distill().network().depth());
    assertEquals("2024", config.run().name());
  }

  @Test
  void settingsAloneMakeAConfig() {
    Config config =
        ConfigLoader.of("data.source=builtin:fashion-mnist-mini", "data.class-index={a: 3}");
    assertEquals("builtin:fashion-mnist-mini", config.data().source());
    assertEquals(Map.of("a", 3), config.data().classIndex());
  }

  @Test
  void aKeyInDottedFormIsTheSameKey() {
    assertEquals(
        "quick.yaml, line 2: data.resolution: is given a second time",
        messageOf("data: {source: 'idx:d', resolution: 32}\ndata.resolution: 64\n"));
    assertEquals(
        0.3,
        ConfigLoader.of("data.source=idx:d", "prune.keep=0.5", "prune.keep=0.3").prune().keep());
  }

  @Test
  void aFolderWithoutItsKindIsUnderstood() {
    String folder = Path.of("").toAbsolutePath().toString();
    String message = messageOf("data: {source: '" + folder + "'}\n");
    assertTrue(message.endsWith("; did you mean \"folder:" + folder + "\"?"), message);
    assertFalse(messageOf("data: {source: 'no-such-folder'}\n").contains("did you mean"));
  }

  @Test
  void textsThatAreNoConfigAreRefused() {
    assertEquals("quick.yaml is empty; 'init' writes a config to begin with", messageOf(""));
    assertEquals(
        "quick.yaml is empty; 'init' writes a config to begin with", messageOf("# nothing\n"));
    assertEquals(
        "quick.yaml, line 1: the file: found a list of 2; allowed: a section of run, data, score,"
            + " prune, experts, distill, evaluate",
        messageOf("- a\n- b\n"));
    assertEquals(
        "quick.yaml, line 2: a tab, where YAML allows only spaces to indent",
        messageOf("data:\n\tsource: idx:d\n"));
    assertTrue(messageOf("a: 1\n---\nb: 2\n").startsWith("quick.yaml, line 2: this is no YAML:"));
    assertTrue(messageOf("a: [1\n").contains("this is no YAML"));
    assertTrue(messageOf("a: \u0007\n").contains("this is no YAML"));
    assertTrue(messageOf("[".repeat(200_000)).startsWith("quick.yaml"));
  }

  @Test
  void aliasBombCostsNothing() {
    StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 60; i++) {
      bomb.append("a").append(i).append(": &a").append(i).append(" [");
      bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("x]\n");
    }
    String message = messageOf(bomb.toString());
    assertTrue(message.contains("aliases"), message);
    message =
        messageOf("data: &d {source: 'idx:d', classes: [&a [x], *a]}\nrun: &r {device: *r}\n");
    assertTrue(message.contains("data.classes: found a list of 1"), message);
    assertTrue(message.contains("run.device: found a section of its own"), message);
  }

  @Test
  void filesThatCannotBeReadAreNamed() throws IOException {
    Path file = folder.resolve("bytes.yaml");
    Files.write(file, "run: {name: caf\u00e9}".getBytes(StandardCharsets.ISO_8859_1));
    assertEquals(file + " is not a text in UTF-8", refusal(file));
    assertEquals(folder + " is a folder; name the config file in it", refusal(folder));
    Path none = folder.resolve("none.yaml");
    assertEquals(
        "there is no config file " + none + "; 'init' writes one to begin with", refusal(none));
    Path large = folder.resolve("large.yaml");
    Files.write(large, new byte[(1 << 20) + 1]);
    assertEquals(large + " is larger than 1 MiB, so it is no config file", refusal(large));
  }

  private static String refusal(Path file) {
    return assertThrows(InputException.class, () -> ConfigLoader.load(file, List.of()))
        .getMessage();
  }
}
