package org.potstill.pipeline;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.config.Config;
import org.potstill.config.ConfigLoader;
import org.potstill.config.ConfigWriter;
import org.potstill.errors.InputException;

class ResumeRulesTest {

  private static final String SOURCE = "data.source=builtin:fashion-mnist-mini";

  @TempDir Path root;

  private void begun(String settings) throws IOException {
    Files.writeString(root.resolve("config.yaml"), settings);
    Files.writeString(
        root.resolve("stages.json"), "{\"score\": {\"fingerprint\": {}, \"outputs\": {}}}");
  }

  /** Other keys follow it: prune.keep is another, experts.count there in one of the two alone. */
  @Test
  void anotherMethodIsNamedInEitherDirection() throws IOException {
    String data = "data: {source: 'builtin:fashion-mnist-mini'}\n";
    begun(data + "distill: {method: mtt}\nexperts: {count: 4}\n");
    assertTrue(refusal(SOURCE).startsWith("distill.method was mtt in "), refusal(SOURCE));
    begun(data);
    String now = refusal(SOURCE, "distill.method=mtt", "experts.count=4");
    assertTrue(now.startsWith("distill.method was dm in "), now);
  }

  /** Nothing is wrong with the file that was begun with: the class path lacks a network. */
  @Test
  void aNetworkThatIsNotKnownMayBeMissingOnTheClassPath() throws IOException {
    String data = "data: {source: 'builtin:fashion-mnist-mini'}\n";
    begun(data + "evaluate: {networks: [convnet, lenet]}\n");
    String told = refusal(SOURCE);
    assertTrue(
        told.contains(
            "line 2: evaluate.networks: found the text 'lenet'; a network of your own must be on the"
                + " class path (docs/networks.md); if the file is another, put it back, or delete"),
        told);
    begun(data + "distill: {iteration: 3}\n");
    assertTrue(refusal(SOURCE).contains("unknown key; put it back, or"), refusal(SOURCE));
  }

  private static String[] extendedBy(String... changes) {
    List<String> settings =
        new ArrayList<>(
            List.of(SOURCE, "distill.method=mtt", "distill.iterations=20", "experts.count=4"));
    settings.addAll(List.of(changes));
    return settings.toArray(String[]::new);
  }

  @Test
  void onlyWhatExtendsARunOrSaysWhereThingsAreMayChange() throws IOException {
    begun(
        """
        data: {source: 'builtin:fashion-mnist-mini'}
        distill: {method: mtt, iterations: 20}
        experts: {count: 4}
        """);
    for (String change :
        List.of(
            "distill.iterations=21",
            "experts.count=5",
            "experts.from=elsewhere",
            "evaluate.epochs=7",
            "evaluate.networks=[vit]",
            "evaluate.every=5",
            "run.name=other",
            "run.device=cpu",
            "run.threads=1",
            "run.kernels=java",
            "run.out=" + root)) {
      ResumeRules.check(root, ConfigLoader.of(extendedBy(change)));
    }
    for (String change :
        List.of(
            "distill.iterations=19",
            "experts.count=3",
            "distill.images-per-class=2",
            "experts.epochs=60",
            "data.validation-share=0.2",
            "score.folds=3",
            "prune.keep=0.9",
            "run.seed=1")) {
      String told = refusal(extendedBy(change));
      assertTrue(told.startsWith(change.replaceFirst("=.*", " was ")), told);
    }
  }

  @Test
  void weightsMayBeMovedButNotReplaced() throws IOException {
    Path was = root.resolve("was.pth");
    Path is = root.resolve("is.pth");
    for (String key : List.of("score.weights", "distill.prior.weights")) {
      String glad = "distill.space=glad";
      String change = key + "=" + is;
      String before = ConfigWriter.toYaml(ConfigLoader.of(SOURCE, glad, key + "=" + was));
      begun(before);
      Files.writeString(is, "weights");
      ResumeRules.check(root, ConfigLoader.of(SOURCE, glad, change));
      Files.writeString(was, "weights");
      ResumeRules.check(root, ConfigLoader.of(SOURCE, glad, change));
      Files.writeString(is, "of another network");
      String told = refusal(SOURCE, glad, change);
      assertTrue(told.startsWith(key + " was " + was), told);
      Files.delete(was);
    }
    begun(ConfigWriter.toYaml(ConfigLoader.of(SOURCE, "score.weights=" + was)));
    String trained = refusal(SOURCE);
    assertTrue(trained.startsWith("score.weights was " + was), trained);
  }

  @Test
  void aRunWhoseScoresAreTakenMayBeMovedButNotAnotherOne() throws IOException {
    Path was = Files.createDirectory(root.resolve("was"));
    Path is = Files.createDirectory(root.resolve("is"));
    String change = "score.from=" + is;
    begun(ConfigWriter.toYaml(ConfigLoader.of(SOURCE, "score.from=" + was)));
    Files.writeString(is.resolve("scores.csv"), "scores");
    ResumeRules.check(root, ConfigLoader.of(SOURCE, change));
    Files.writeString(was.resolve("scores.csv"), "scores");
    ResumeRules.check(root, ConfigLoader.of(SOURCE, change));
    Files.writeString(is.resolve("scores.csv"), "others");
    String told = refusal(SOURCE, change);
    assertTrue(told.startsWith("score.from was " + was), told);
    String none = refusal(SOURCE);
    assertTrue(none.startsWith("score.from was " + was), none);
  }

  @Test
  void aDamagedConfigOfTheRunIsToldWithWhatHelps() throws IOException {
    begun("");
    String empty = refusal(SOURCE);
    assertTrue(empty.contains(root.resolve("config.yaml") + " is empty; put it back"), empty);
    assertTrue(empty.contains("delete it"), empty);
    begun("data: {source: 'builtin:fashion-mnist-mini'}\nqrune: {keep: 0.5}\nrum: {}\n");
    String unknown = refusal(SOURCE);
    assertTrue(unknown.contains("qrune"), unknown);
    assertTrue(unknown.endsWith("what made them"), unknown);
    Files.delete(root.resolve("stages.json"));
    Path checkpoints = Files.createDirectories(root.resolve("checkpoints"));
    Files.writeString(checkpoints.resolve("score-000000002.safetensors"), "");
    String begun = refusal(SOURCE);
    assertTrue(begun.endsWith("start anew with --overwrite"), begun);
  }

  private String refusal(String... settings) {
    Config now = ConfigLoader.of(settings);
    return assertThrows(InputException.class, () -> ResumeRules.check(root, now)).getMessage();
  }
}
