package org.potstill.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** What distinguishes runs: their labels, their accuracies, and a table of their settings. */
final class RunFacts {

  static final String ABSENT = "–";

  private static final Map<String, String> SPACES =
      Map.of("pixel", "Pixel space", "glad", "GLaD", "ld3m", "LD3M");

  /** Keys that rows of their own show, or the labels. */
  private static final Set<String> SHOWN =
      Set.of(
          "run.name",
          "run.seed",
          "data.resolution",
          "prune.mode",
          "prune.keep",
          "distill.method",
          "distill.space",
          "distill.prior.init",
          "distill.images-per-class",
          "distill.iterations");

  private RunFacts() {}

  /**
   * A row of the table.
   *
   * @param name what it tells
   * @param values one per run
   * @param differs whether they are not all the same
   */
  record Fact(String name, List<String> values, boolean differs) {}

  /**
   * A name for every run, no two the same: its space; where that does not tell them apart, also its
   * name; at last its directory.
   */
  static List<String> labels(List<ComparedRun> runs) {
    List<Function<ComparedRun, String>> ways =
        List.of(
            RunFacts::space,
            run -> space(run) + " · " + run.config().text("run.name", ""),
            run -> space(run) + " · " + run.root());
    for (Function<ComparedRun, String> way : ways) {
      List<String> labels = runs.stream().map(way).toList();
      if (Set.copyOf(labels).size() == runs.size()) {
        return labels;
      }
    }
    throw new IllegalStateException("directories differ");
  }

  private static String space(ComparedRun run) {
    String space = run.config().text("distill.space", "");
    return SPACES.getOrDefault(space, space);
  }

  /** The accuracy of every run, of the network that distilled or else the first. */
  static List<HeadFigures.Figure> accuracies(List<ComparedRun> runs, List<String> labels) {
    List<HeadFigures.Figure> figures = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      figures.add(
          HeadFigures.accuracy(labels.get(i), runs.get(i).config(), runs.get(i).evaluation()));
    }
    return figures;
  }

  /**
   * What tells most of a run, every other setting that is not the same in all, accuracies and
   * protocol.
   */
  static List<Fact> of(List<ComparedRun> runs) {
    List<Fact> facts = new ArrayList<>();
    add(facts, "run", runs, run -> run.config().text("run.name", ABSENT));
    add(facts, "method", runs, run -> run.config().text("distill.method", ABSENT));
    add(facts, "generator", runs, RunFacts::generator);
    add(facts, "core-set", runs, RunFacts::coreSet);
    add(facts, "images per class", runs, config("distill.images-per-class"));
    add(facts, "pixels", runs, run -> run.distilled().width() + " × " + run.distilled().height());
    add(facts, "iterations", runs, config("distill.iterations"));
    add(facts, "seed", runs, config("run.seed"));
    facts.addAll(DifferingSettings.of(runs, SHOWN));
    add(facts, "time to distil", runs, run -> Numbers.duration(run.distill().seconds()));
    for (String network : networks(runs)) {
      add(facts, "accuracy, " + network, runs, run -> accuracy(run, network));
    }
    add(facts, "accuracy, mean of the others", runs, RunFacts::cross);
    for (String key : protocol(runs)) {
      String name = key.equals("name") ? "protocol" : key.replace('-', ' ');
      add(facts, name, runs, run -> measured(run, key));
    }
    return facts;
  }

  private static void add(
      List<Fact> facts, String name, List<ComparedRun> runs, Function<ComparedRun, String> value) {
    List<String> values = runs.stream().map(value).toList();
    Set<String> distinct = new LinkedHashSet<>(values);
    if (!distinct.equals(Set.of(ABSENT))) {
      facts.add(new Fact(name, values, distinct.size() > 1));
    }
  }

  private static Function<ComparedRun, String> config(String key) {
    return run -> run.config().text(key, ABSENT);
  }

  private static String generator(ComparedRun run) {
    return run.config().text("distill.space", "").equals("pixel")
        ? ABSENT
        : run.config().text("distill.prior.init", ABSENT);
  }

  private static String coreSet(ComparedRun run) {
    String mode = run.config().text("prune.mode", ABSENT);
    return mode.equals("none") ? "all images" : mode + ", " + run.config().text("prune.keep", "");
  }

  private static Set<String> networks(List<ComparedRun> runs) {
    Set<String> networks = new LinkedHashSet<>();
    for (ComparedRun run : runs) {
      if (run.evaluation() != null) {
        networks.addAll(run.evaluation().distilled().networks().keySet());
      }
    }
    return networks;
  }

  private static String accuracy(ComparedRun run, String network) {
    return run.evaluation() == null
        ? ABSENT
        : percent(run.evaluation().distilled().networks().get(network));
  }

  private static String cross(ComparedRun run) {
    return run.evaluation() == null ? ABSENT : percent(run.evaluation().distilled().cross());
  }

  private static String percent(Evaluation.Accuracy accuracy) {
    return accuracy == null ? ABSENT : Numbers.percent(accuracy);
  }

  private static Set<String> protocol(List<ComparedRun> runs) {
    Map<String, String> keys = new LinkedHashMap<>();
    for (ComparedRun run : runs) {
      if (run.evaluation() != null) {
        keys.putAll(run.evaluation().protocol());
      }
    }
    return keys.keySet();
  }

  private static String measured(ComparedRun run, String key) {
    return run.evaluation() == null
        ? ABSENT
        : run.evaluation().protocol().getOrDefault(key, ABSENT);
  }
}
