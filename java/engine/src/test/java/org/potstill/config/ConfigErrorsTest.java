package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.potstill.errors.InputException;

class ConfigErrorsTest extends ConfigFileTests {

  @Test
  void misspeltKeyIsNamedWithLineAndSuggestion() {
    assertEquals(
        "quick.yaml, line 4: distill.iteratons: unknown key; did you mean \"iterations\"?; allowed"
            + " here: method, space, images-per-class, iterations, batch-real, init, network,"
            + " augment, learning-rate, momentum, loops, outer-loops, inner-loops,"
            + " network-learning-rate, distance, precision, checkpoint-every, log-every, prior,"
            + " trajectory",
        messageOf("data:\n  source: idx:d\ndistill:\n  iteratons: 5\n"));
  }

  @Test
  void misspeltSectionOfAnOptionIsNamedAlone() {
    String message = messageOf("data: {source: 'idx:d'}\n", "distil.iterations=5");
    String expected = "--set distil.iterations=5: distil: unknown key; did you mean \"distill\"?;";
    assertTrue(message.startsWith(expected), message);
  }

  @Test
  void keyOfAnotherSectionIsRecognised() {
    assertEquals(
        "quick.yaml, line 2: prune.images-per-class: unknown key; did you mean"
            + " \"distill.images-per-class\"?; allowed here: mode, keep",
        messageOf("data: {source: 'idx:d'}\nprune: {images-per-class: 5}\n"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prune: {keep: 1.5}|prune.keep: found 1.5; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {keep: 0}|prune.keep: found 0; allowed: a number above 0 and at most 1, or auto",
        "prune: {keep: -0.2}|prune.keep: found -0.2; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {keep: .nan}|prune.keep: found .nan; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {keep: much}|prune.keep: found the text 'much'; allowed: a number above 0 and at"
            + " most 1, or auto",
        "score: {learning-rate: 1e31}|score.learning-rate: found 1e31; allowed: a number above 0"
            + " and at most 1.0E30",
        "distill: {learning-rate: 1e300}|distill.learning-rate: found 1e300; allowed: a number"
            + " above 0 and at most 1.0E30",
        "prune: {keep: }|prune.keep: found nothing; allowed: a number above 0 and at most 1, or"
            + " auto",
        "prune: {mode: esay}|prune.mode: found the text 'esay'; allowed: easy, hard, random, none;"
            + " did you mean \"easy\"?",
        "prune: [easy]|prune: found a list of 1; allowed: a section of mode, keep",
        "distill: {learning-rate: .inf}|distill.learning-rate: found .inf; allowed: a number above"
            + " 0",
        "distill: {momentum: 1}|distill.momentum: found 1; allowed: a number from 0 and below 1",
        "distill: {iterations: 10.5}|distill.iterations: found 10.5; allowed: a whole number from"
            + " 1",
        "distill: {iterations: '10'}|distill.iterations: found the text '10'; allowed: a whole"
            + " number from 1",
        "distill: {iterations: 99999999999999999999}|distill.iterations: found"
            + " 99999999999999999999; allowed: a whole number from 1 to 2147483647",
        "distill: {iterations: 3000000000}|distill.iterations: found 3000000000; allowed: a whole"
            + " number from 1 to 2147483647",
        "distill: {augment: color_colr}|distill.augment: found the text 'color_colr'; allowed:"
            + " color, crop, cutout, flip, scale, rotate joined by '_', or none",
        "distill: {augment: dc}|distill.augment: found the text 'dc'; allowed: color, crop, cutout,"
            + " flip, scale, rotate joined by '_', or none",
        "evaluate: {augment: dc_crop}|evaluate.augment: found the text 'dc_crop'; allowed: color,"
            + " crop, cutout, flip, scale, rotate joined by '_', or dc, or none",
        "distill: {network: {depth: 6}}|distill.network.depth: found 6; allowed at 32 pixels: at"
            + " most 5, since every block halves the side",
        "evaluate: {networks: []}|evaluate.networks: found an empty list; allowed: a list of"
            + " convnet, convnet-gap, alexnet, vgg11, resnet18, vit, or one of your own",
        "evaluate: {networks: [vit, vit]}|evaluate.networks: found the text 'vit'; allowed: every"
            + " entry once",
        "run: {device: gpu}|run.device: found the text 'gpu'; allowed: auto, cpu, cuda, cuda:N",
        "run: {seed: -1}|run.seed: found -1; allowed: a whole number from 0 to 9223372036854775807",
        "score: {from: [a]}|score.from: found a list of 1; allowed: a run directory, or none",
        "evaluate: {learned-rate: true}|evaluate.learned-rate: found true; allowed with"
            + " distill.method dm: false, since only mtt learns a rate",
        "run: {? [a] : b}|run.?: unknown key; allowed here: name, out, seed, device, threads,"
            + " kernels, deterministic",
        "run: {deterministic: maybe}|run.deterministic: found the text 'maybe'; allowed: true,"
            + " false",
        "run: {deterministic: 1}|run.deterministic: found 1; allowed: true, false",
      })
  void badValueIsNamedWithWhatIsAllowed(String line, String message) {
    assertEquals("quick.yaml, line 2: " + message, messageOf("data: {source: 'idx:d'}\n" + line));
  }

  @Test
  void aRateIsLearnedOrGiven() {
    assertEquals(
        "quick.yaml, line 3: evaluate.learned-rate: found true; allowed with evaluate.learning-rate"
            + " 0.5: false, since that sets another rate",
        messageOf(
            """
            data: {source: 'idx:d'}
            distill: {method: mtt}
            evaluate: {learned-rate: true, learning-rate: 0.5}
            """));
  }

  @Test
  void everyProblemIsTold() {
    assertEquals(
        """
        quick.yaml: 4 problems
          line 1: data.source: found the text 'ftp:x'; allowed: builtin:NAME, folder:DIR, idx:DIR, cifar10:DIR, cifar100:DIR
          line 3: prune.keep: found 2; allowed: a number above 0 and at most 1, or auto
          line 4: prune.keep: is given a second time
          --set distill.iterations=x: distill.iterations: found the text 'x'; allowed: a whole number from 1\
        """,
        messageOf(
            "data: {source: 'ftp:x'}\nprune:\n  keep: 2\n  keep: 0.5\n", "distill.iterations=x"));
  }

  @Test
  void missingSourceIsTold() {
    assertEquals(
        "quick.yaml, data.source: is required; allowed: builtin:NAME, folder:DIR, idx:DIR,"
            + " cifar10:DIR, cifar100:DIR",
        messageOf("run: {seed: 3}\n"));
  }

  @Test
  void badOverrideNamesTheOption() {
    String good = "data: {source: 'idx:d'}\n";
    assertEquals(
        "--set prune.keep=1.5: prune.keep: found 1.5; allowed: a number above 0 and at most 1, or"
            + " auto",
        messageOf(good, "prune.keep=1.5"));
    assertEquals(
        "--set prune.kep=1: prune.kep: unknown key; did you mean \"keep\"?; allowed here: mode,"
            + " keep",
        messageOf(good, "prune.kep=1"));
    assertEquals(
        "--set prune.keep: found no key.path=value, for example prune.keep=0.5",
        messageOf(good, "prune.keep"));
    assertEquals(
        "--set prune.keep.x=1: prune.keep: holds a value, not a section",
        messageOf(good, "prune.keep.x=1"));
    assertEquals(
        "--set data.class-index.a=5: data.class-index: its pairs are set together: --set"
            + " 'data.class-index={a: VALUE}'",
        messageOf(good, "data.class-index.a=5"));
    assertTrue(
        messageOf(good, "prune.keep=[1")
            .startsWith("--set prune.keep=[1, line 2: this is no YAML"));
  }

  @Test
  void aNetworkThatIsNotKnownMayBeOneOfTheUsersOwn() {
    String own = "; or one of your own, which must be on the class path (docs/networks.md)";
    String source = "data: {source: 'idx:d'}\n";
    String message = messageOf(source, "evaluate.networks=[convnet,lenet]");
    assertTrue(message.endsWith("did you mean \"alexnet\"?" + own), message);
    message = messageOf(source, "distill.network.name=transformer");
    assertTrue(message.endsWith(", vit" + own), message);
  }

  /** A program has no option --set. */
  @Test
  void badSettingOfAProgramIsNamedAsItIs() {
    String source = "data.source=builtin:fashion-mnist-mini";
    assertEquals(
        "run.threads: found no key.path=value, for example prune.keep=0.5",
        assertThrows(InputException.class, () -> ConfigLoader.of(source, "run.threads"))
            .getMessage());
    assertEquals(
        "run.threads=-1: run.threads: found -1; allowed: a whole number from 0 to 1024",
        assertThrows(InputException.class, () -> ConfigLoader.of(source, "run.threads=-1"))
            .getMessage());
  }

  @Test
  void rulesBetweenKeysAreChecked() {
    assertEquals(
        "quick.yaml, line 1: data.resolution: found 0; allowed for folders: a whole number from 1"
            + " to 4096",
        messageOf("data: {source: 'folder:d', resolution: 0}\n"));
    assertEquals(
        "quick.yaml, line 1: data.mean: found 3 means and 0 standard deviations; allowed: none, or"
            + " one of each per channel (1 or 3)",
        messageOf("data: {source: 'idx:d', mean: [0.5, 0.5, 0.5]}\n"));
    assertEquals(
        "quick.yaml, line 1: data.mean: found 2 means and 2 standard deviations; allowed: none, or"
            + " one of each per channel (1 or 3)",
        messageOf("data: {source: 'idx:d', mean: [0.5, 0.5], std: [0.5, 0.5]}\n"));
    assertEquals(
        "quick.yaml, line 1: data.std: found 0 means and 1 standard deviations; allowed: none, or"
            + " one of each per channel (1 or 3)",
        messageOf("data: {source: 'idx:d', std: [0.5]}\n"));
    assertEquals(
        "quick.yaml, line 2: evaluate.every: chooses the best iteration by the validation share,"
            + " but data.validation-share is 0; raise it, or set evaluate.protocol to paper",
        messageOf("data: {source: 'idx:d', validation-share: 0}\nevaluate: {every: 5}\n"));
  }

  @Test
  void misspeltNetworkIsNamedWithASuggestion() {
    String message =
        messageOf("data:\n  source: idx:d\nevaluate:\n  networks: [convnet, alexnett]\n");
    assertTrue(message.contains("evaluate.networks"), message);
    assertTrue(message.contains("'alexnett'"), message);
    assertTrue(message.contains("did you mean \"alexnet\"?"), message);
  }
}
