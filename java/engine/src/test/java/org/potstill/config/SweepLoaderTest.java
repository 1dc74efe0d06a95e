package org.potstill.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.potstill.errors.InputException;

class SweepLoaderTest {

  private static final String TABLE =
      """
      data: {source: 'folder:images'}
      sweep:
        over:
          pruning:
            all: {prune.mode: none}
            pruned: {prune: {mode: easy}, distill.iterations: 7}
          distill.method: [dm, mtt]
          data.classes: [a, b]
        published:
          cross:
            all:
              dm: {a: 36.8, mean: 40}
            pruned:
              mtt: {b: 0}
      """;

  @TempDir Path folder;

  private Sweep load(String yaml, String... overrides) throws IOException {
    Path file = folder.resolve("table.yaml");
    Files.writeString(file, yaml);
    return SweepLoader.load(file, List.of(overrides));
  }

  private String messageOf(String yaml, String... overrides) {
    InputException error = assertThrows(InputException.class, () -> load(yaml, overrides));
    return error.getMessage().replace(folder + "/", "");
  }

  private static List<String> folders(List<Sweep.Run> runs) {
    return runs.stream().map(Sweep.Run::folder).toList();
  }

  @Test
  void everyCombinationIsARunAndTheLastAxisVariesFastest() throws IOException {
    Sweep sweep = load(TABLE);
    assertEquals(
        List.of(
            "all/dm/a",
            "all/dm/b",
            "all/mtt/a",
            "all/mtt/b",
            "pruned/dm/a",
            "pruned/dm/b",
            "pruned/mtt/a",
            "pruned/mtt/b"),
        folders(sweep.runs()));
    assertEquals("table", sweep.name());
    assertEquals(Path.of("runs/table").toAbsolutePath(), sweep.out());
    assertEquals(List.of("a", "b"), sweep.across().values());
  }

  @Test
  void aRunHasItsSettingsAndTheDefaultsThatFollowFromThem() throws IOException {
    Sweep.Run run = load(TABLE, "run.seed=4", "run.out=" + folder.resolve("o")).runs().get(7);
    Config config = run.config();
    assertEquals(List.of("pruned", "mtt", "b"), run.values());
    assertEquals(4, config.run().seed());
    assertEquals("table-pruned-mtt-b", config.run().name());
    assertEquals(folder.resolve("o/pruned/mtt/b"), config.run().out());
    assertEquals("folder:" + folder.resolve("images"), config.data().source());
    assertEquals(PruneConfig.Mode.EASY, config.prune().mode());
    assertEquals(7, config.distill().iterations());
    // 0.6 is the paper's share for MTT, 1e4 its rate; with DM they are 0.2 and 10.
    assertEquals(0.6, config.prune().keep());
    assertEquals(1e4, config.distill().learningRate());
    assertEquals(100, config.experts().count());
  }

  @Test
  void theConfigOfARunReadsBackAsItself() throws IOException {
    Config config = load(TABLE).runs().get(3).config();
    Path file = Files.writeString(folder.resolve("config.yaml"), ConfigWriter.toYaml(config));
    assertEquals(config, ConfigLoader.load(file, List.of()));
  }

  @Test
  void publishedFiguresAreByTheValuesOfEveryAxis() throws IOException {
    Sweep sweep = load(TABLE);
    var cross = sweep.published().get("cross");
    assertEquals(0.368, cross.get(List.of("all", "dm", "a")), 1e-12);
    assertEquals(0.4, cross.get(List.of("all", "dm", Sweep.MEAN)), 1e-12);
    assertEquals(0.0, cross.get(List.of("pruned", "mtt", "b")));
    assertEquals(3, cross.size());
    var most = load(TABLE.replace("36.8", "100")).published().get("cross");
    assertEquals(1.0, most.get(List.of("all", "dm", "a")));
  }

  @Test
  void baselinesHavePublishedFiguresToo() throws IOException {
    String random = TABLE + "    random: {convnet: {all: {dm: {b: 14.4}}}}\n";
    Sweep sweep = load(random);
    var figures = sweep.publishedBaselines().get("random").get("convnet");
    assertEquals(0.144, figures.get(List.of("all", "dm", "b")), 1e-12);
    assertEquals(1, sweep.published().size());
    assertTrue(
        messageOf(random.replace("convnet", "convnett"))
            .contains("sweep.published.random.convnett: no run measures it; did you mean"));
    assertTrue(
        messageOf(TABLE + "    randm: {all: {dm: {b: 14.4}}}\n")
            .contains("did you mean \"random\"?"));
    assertEquals(1, load(random, "evaluate.baselines=[]").publishedBaselines().size());
    assertTrue(
        messageOf(random.replace("{b: 14.4}", "{mean: 14.4}"))
            .contains("data.classes has no value mean"));
  }

  @Test
  void aPartIsChosenByItsValues() throws IOException {
    Sweep sweep = load(TABLE);
    assertEquals(
        List.of("all/dm/b", "pruned/dm/b"),
        folders(sweep.only(List.of("distill.method=dm", "data.classes=b"))));
    assertEquals(8, sweep.only(List.of("pruning=all,pruned")).size());
    assertEquals(8, sweep.only(List.of("pruning=all", "pruning = pruned")).size());
    for (String wrong : List.of("pruning", "prunin=all", "pruning=al", "pruning=all,")) {
      InputException error =
          assertThrows(InputException.class, () -> sweep.only(List.of(wrong)), wrong);
      assertTrue(error.getMessage().startsWith("--only " + wrong + ": "), error.getMessage());
    }
    for (String wrong : List.of("all", "=all")) {
      InputException error = assertThrows(InputException.class, () -> sweep.only(List.of(wrong)));
      assertEquals(
          "--only "
              + wrong
              + ": found no AXIS=VALUE; the axes: pruning, distill.method, data.classes",
          error.getMessage());
    }
  }

  @Test
  void valuesThatAreNoNamesOfFoldersGetOne() throws IOException {
    Sweep sweep =
        load(
            """
            data: {source: 'folder:images'}
            sweep:
              over:
                evaluate.networks: [[convnet, vit], [convnet]]
                score.from: [null]
                what: {a/b: {run.seed: 1}, a:b: {run.seed: 2}, ..: {run.seed: 3}, stages.json: {run.seed: 4}}
            """);
    assertEquals(List.of("convnet+vit", "convnet"), sweep.axes().get(0).values());
    assertEquals(List.of("null"), sweep.axes().get(1).values());
    assertEquals(8, folders(sweep.runs()).stream().distinct().count());
    assertTrue(folders(sweep.runs()).contains("convnet/null/stages.json_"));
    for (Sweep.Run run : sweep.runs()) {
      Path out = run.config().run().out();
      assertEquals(out.normalize(), out);
      assertEquals(sweep.out(), out.getParent().getParent().getParent());
    }
    assertEquals(List.of("convnet"), sweep.runs().get(7).config().evaluate().networks());
  }

  @Test
  void anEmptyListIsCalledAsItIsWritten() throws IOException {
    Sweep sweep =
        load(
            "data: {source: 'folder:images'}\nsweep: {over: {evaluate.baselines: [[], random]}}\n");
    assertEquals(List.of("[]", "random"), sweep.across().values());
    assertEquals(List.of(sweep.runs().get(0)), sweep.only(List.of("evaluate.baselines=[]")));
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of(
            "sweep: {over: {prune.kep: [0.1]}}", "line 2: sweep.over.prune.kep: a list is"),
        Arguments.of("sweep: {over: {prune.kep: [0.1]}}", "did you mean \"prune.keep\"?"),
        Arguments.of(
            "sweep: {over: {prune.keep: [0.1, 2]}}", "line 2: prune.keep: found 2; allowed: a"),
        Arguments.of(
            "sweep: {over: {prune.keep: [0.1, 0.10]}}",
            "line 2: sweep.over.prune.keep: 0.10 is the same as 0.1"),
        Arguments.of(
            "sweep: {over: {m: {a: {prune.mode: easy}, b: {prune: {mode: easy}}}}}",
            "sweep.over.m: b is the same as a"),
        Arguments.of(
            "sweep: {over: {data.class-index: [{a: 1}, {a: 2}]}}",
            "line 2: sweep.over.data.class-index: several values would be called '?'"),
        Arguments.of(
            "sweep: {over: {data.classes: [[a, b], [a+b, c], [a, b+c]]}}",
            "line 2: sweep.over.data.classes: several values would be called 'a+b+c'"),
        Arguments.of("sweep: {over: {prune.keep: []}}", "found an empty list"),
        Arguments.of("sweep: {over: {}}", "line 2: sweep.over: found nothing"),
        Arguments.of("sweep: {published: {}}", "line 2: sweep.over: is required"),
        Arguments.of("sweep: [1]", "line 2: sweep: found a list of 1; allowed: a section"),
        Arguments.of(
            "sweep: {ower: {prune.keep: [1]}}",
            "line 2: sweep.ower: unknown key; did you mean \"over\"?"),
        Arguments.of("sweep: {over: {m: {x: {prune.mod: easy}}}}", "did you mean \"mode\"?"),
        Arguments.of(
            "sweep: {over: {m: {x: easy}}}",
            "line 2: sweep.over.m.x: found the text 'easy'; allowed: a section of settings"),
        Arguments.of("sweep: {over: {m: {}}}", "line 2: sweep.over.m: found nothing"),
        Arguments.of("sweep: {over: {m: easy}}", "sweep.over.m: found the text 'easy'; allowed"),
        Arguments.of(
            "sweep: {over: {prune.keep: [1], m: {x: {prune.keep: 1}}}}",
            "line 2: sweep.over.m: sets prune.keep, which varies along prune.keep"),
        Arguments.of(
            "sweep: {over: {run.out: [a, b]}}",
            "sweep.over.run.out: sets run.out, which every run has its own of"),
        Arguments.of(
            "sweep: {over: {prune.keep: [1]}, published: {cross: {2: 3}}}",
            "line 2: sweep.published.cross.2: prune.keep has no value 2; did"),
        Arguments.of(
            "sweep: {over: {prune.keep: [1]}, published: {cross: {1: 101}}}",
            "sweep.published.cross.1: found 101; allowed: a percentage, 0 to 100"),
        Arguments.of(
            "sweep: {over: {prune.keep: [1]}, published: {cross: {1: -1}}}",
            "sweep.published.cross.1: found -1; allowed: a percentage, 0 to 100"),
        Arguments.of(
            "sweep: {over: {prune.keep: [1]}, published: {cross: {1: .inf}}}",
            "allowed: a percentage, 0 to 100"),
        Arguments.of(
            "sweep: {over: {prune.keep: [1], run.seed: [1]}, published: {cross: {mean: {1: 2}}}}",
            "prune.keep has no value mean"),
        Arguments.of("prune: {mode: easy}", "table.yaml has no section sweep"),
        Arguments.of("sweep:", "table.yaml, line 2: sweep: found nothing; allowed: a section"),
        Arguments.of(
            "sweep: {over: {run.seed: [1]}}\nsweep: {over: {}}",
            "line 3: sweep: is given a second time"),
        Arguments.of(
            "sweep: {over: {prune: {keep: [0.2, 0.5]}}}",
            "line 2: sweep.over.prune.keep: a key that varies is written with its whole path:"
                + " 'prune.keep: [...]' in sweep.over"),
        Arguments.of("sweep: {over: {run.seed: &a [*a]}}", "run.seed: found a list of 1"),
        Arguments.of(
            "sweep: {over: {figure: {a: {run.seed: 1}}}}",
            "sweep.over.figure: the table has a column of that name"),
        Arguments.of(
            "sweep: {over: {m: {mean: {run.seed: 1}}}}", "'mean' stands for the mean along"),
        Arguments.of(
            "sweep: {over: {run.seed: [1]}, published: {convnett: {1: 3}}}",
            "sweep.published.convnett: no run measures it; did you mean \"convnet\"?"),
        Arguments.of(
            "sweep: {over: {distill.method: [dm, mtt], experts.count: [2]}}",
            "table.yaml (dm, 2), line 2: experts.count: is set, but only"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void mistakesNameTheLineTheAxisAndWhatIsAllowed(String section, String expected) {
    String message = messageOf("data: {source: 'folder:images'}\n" + section + "\n");
    assertTrue(message.contains(expected), message);
  }

  @Test
  void tooManyRunsAreRefusedBeforeAnyIsRead() {
    StringBuilder yaml = new StringBuilder("data: {source: 'folder:images'}\nsweep:\n  over:\n");
    List<String> keys =
        List.of("run.seed", "distill.iterations", "distill.batch-real", "evaluate.epochs");
    String values = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11";
    keys.forEach(key -> yaml.append("    ").append(key).append(": [" + values + "]\n"));
    assertTrue(messageOf(yaml.toString()).contains("more than 10000 runs"));
  }

  @Test
  void anOptionThatSetsWhatVariesIsRefused() {
    assertEquals(
        "--set data.classes=a: data.classes varies in this sweep; --only 'data.classes=VALUE' runs"
            + " a part of it",
        messageOf(TABLE, "data.classes=a"));
    assertTrue(
        messageOf(TABLE, "prune={mode: hard}").contains("prune.mode varies in this sweep, along"));
  }

  @Test
  void anOptionOfSomeRunsIsLeftOutOfTheOthers() throws IOException {
    Sweep sweep = load(TABLE, "experts={count: 5, epochs: 50}");
    for (Sweep.Run run : sweep.runs()) {
      ExpertsConfig experts = run.config().experts();
      assertEquals(run.values().get(1).equals("mtt"), experts != null, run.folder());
      assertTrue(experts == null || (experts.count() == 5 && experts.epochs() == 50));
    }
    String none = TABLE.replace("[dm, mtt]", "[dm, dc]").replace("mtt: {b: 0}", "dc: {b: 0}");
    assertEquals(
        "--set experts.count=5: experts.count: is set, but only distill.method mtt has experts and"
            + " the method is dm",
        messageOf(none, "experts.count=5"));
  }

  @Test
  void aSingleRunOfASweepIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("table.yaml"), TABLE);
    InputException error =
        assertThrows(InputException.class, () -> ConfigLoader.load(file, List.of()));
    assertTrue(error.getMessage().contains("table.yaml, line 2: sweep: this config"));
    assertTrue(ConfigFile.read(file).isSweep());
    Files.writeString(file, "data: {source: 'folder:images'}\n");
    assertFalse(ConfigFile.read(file).isSweep());
  }
}
