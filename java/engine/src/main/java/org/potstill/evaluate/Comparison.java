package org.potstill.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.math3.stat.inference.TTest;
import org.potstill.distill.DistillStage;
import org.potstill.errors.InputException;
import org.potstill.net.Networks;
import org.potstill.run.SelectedOn;
import org.potstill.run.StageLog;

/**
 * Two evaluations side by side: for every network both trained, and for the mean over those of them
 * that distilled neither, the paired t-test over the repeats.
 *
 * <p>Repeats of the same number are pairs: with the same {@code run.seed} they begin from the same
 * weights and see the same augmentations.
 *
 * @param rows networks in the order of the first evaluation, then {@value Networks#CROSS} where
 *     they share one that did not distil
 * @param remarks what a reader should know, one line each
 */
public record Comparison(List<Row> rows, List<String> remarks) {

  /**
   * A spread that is less, as a part of the accuracies, is one of rounding: an image more or less
   * in ten million is still above it.
   */
  private static final double ROUNDING = 1e-9;

  /**
   * A network.
   *
   * @param repeats pairs of accuracies
   * @param first mean accuracy of the first run, from 0 to 1
   * @param second of the second
   * @param ci95 half the width of the 95 percent confidence interval of the difference, by
   *     Student's t; empty with one repeat
   * @param p two-sided p-value of the paired t-test; empty with one repeat, or where all pairs
   *     differ by the same
   */
  public record Row(
      String network,
      int repeats,
      double first,
      double second,
      OptionalDouble ci95,
      OptionalDouble p) {

    /** How much better the second run is. */
    public double difference() {
      return second - first;
    }
  }

  /**
   * Compares the evaluations of two run directories.
   *
   * @throws InputException where one is not there, has none or a damaged one, they are of other
   *     data, they have no network in common, or a network was repeated more often in one than in
   *     the other
   */
  public static Comparison of(Path first, Path second) {
    Map<Path, Evaluation> evaluations = new LinkedHashMap<>();
    evaluations.put(first, Evaluation.of(first));
    evaluations.putIfAbsent(second, Evaluation.of(second));
    Comparison comparison = of(evaluations.get(first), evaluations.get(second));
    List<String> remarks = new ArrayList<>(comparison.remarks());
    ComparedData.check(first, second, remarks);
    evaluations.forEach((run, evaluation) -> remarkOnImages(remarks, run, evaluation));
    return new Comparison(comparison.rows(), List.copyOf(remarks));
  }

  /** Accuracies need not be of the images that are now in the run directory. */
  private static void remarkOnImages(List<String> remarks, Path run, Evaluation evaluation) {
    StageLog log = StageLog.in(run);
    boolean before = log.last(EvaluateStage.NAME).isPresent();
    boolean distilled = log.entry(DistillStage.NAME).isPresent();
    if (evaluation.otherSet().isPresent()) {
      remarks.add(
          "the accuracies of "
              + run
              + " are those of "
              + evaluation.otherSet().get()
              + (distilled
                  ? ", not of the images that it distilled; 'run' with --resume measures these"
                  : ""));
    } else if (!before && !evaluation.protocol().containsKey(Evaluation.IMAGES) && distilled) {
      // Of a version that did not say whose images they are.
      remarks.add(
          "the accuracies of "
              + run
              + " may be those of a set from elsewhere: the run has no evaluation of its own images"
              + " on record; 'run' with --resume measures these");
    } else if (before && log.entry(EvaluateStage.NAME).isEmpty()) {
      remarks.add(
          "the accuracies of "
              + run
              + " are of before the run was continued: its evaluation is not finished; 'run' with"
              + " --resume does that");
    }
  }

  static Comparison of(Evaluation first, Evaluation second) {
    Map<String, Evaluation.NetworkResult> others = second.distilled().networks();
    List<Row> rows = new ArrayList<>();
    first
        .distilled()
        .networks()
        .forEach(
            (network, result) -> {
              if (others.containsKey(network)) {
                rows.add(row(network, result, others.get(network)));
              }
            });
    if (rows.isEmpty()) {
      throw new InputException(
          "the two runs have no network in common: the first was evaluated with "
              + first.distilled().networks().keySet()
              + ", the second with "
              + others.keySet());
    }
    Set<String> crossed = crossed(first.distilled(), second.distilled());
    if (!crossed.isEmpty()) {
      rows.add(row(Networks.CROSS, cross(first, crossed), cross(second, crossed)));
    }
    List<String> remarks = new ArrayList<>();
    remarkOnCross(remarks, crossed, others(first.distilled()), others(second.distilled()));
    remarkOnTests(remarks, rows);
    Set<String> shared = new LinkedHashSet<>(first.distilled().networks().keySet());
    shared.retainAll(others.keySet());
    remarkOnProtocols(remarks, first.protocol(), second.protocol(), shared);
    return new Comparison(List.copyOf(rows), List.copyOf(remarks));
  }

  private static Set<String> others(Evaluation.SetResult set) {
    Set<String> names = new LinkedHashSet<>(set.networks().keySet());
    names.remove(set.distilling());
    return names;
  }

  /** The networks that both trained and neither distilled with. */
  private static Set<String> crossed(Evaluation.SetResult first, Evaluation.SetResult second) {
    Set<String> names = others(first);
    names.retainAll(others(second));
    return names;
  }

  private static Evaluation.NetworkResult cross(Evaluation evaluation, Set<String> names) {
    Map<String, Evaluation.NetworkResult> networks = new LinkedHashMap<>();
    names.forEach(name -> networks.put(name, evaluation.distilled().networks().get(name)));
    return new Evaluation.SetResult(networks, "").cross().orElseThrow();
  }

  private static Row row(
      String network, Evaluation.NetworkResult first, Evaluation.NetworkResult second) {
    int repeats = first.accuracies().size();
    if (repeats != second.accuracies().size()) {
      throw new InputException(
          network
              + " was repeated "
              + repeats
              + " times in the first run and "
              + second.accuracies().size()
              + " times in the second; evaluate both with the same evaluate.repeats");
    }
    List<Double> differences = new ArrayList<>();
    for (int i = 0; i < repeats; i++) {
      differences.add(second.accuracies().get(i) - first.accuracies().get(i));
    }
    Evaluation.NetworkResult difference = new Evaluation.NetworkResult(differences);
    double rounding = ROUNDING * Math.max(first.mean(), second.mean());
    OptionalDouble p = p(difference, rounding);
    return new Row(network, repeats, first.mean(), second.mean(), difference.ci95(), p);
  }

  private static OptionalDouble p(Evaluation.NetworkResult difference, double rounding) {
    if (difference.accuracies().size() < 2 || difference.std() <= rounding) {
      return OptionalDouble.empty();
    }
    double[] values = difference.accuracies().stream().mapToDouble(Double::doubleValue).toArray();
    return OptionalDouble.of(new TTest().tTest(0, values));
  }

  private static void remarkOnCross(
      List<String> remarks, Set<String> crossed, Set<String> first, Set<String> second) {
    if (crossed.equals(first) && crossed.equals(second)) {
      return;
    }
    if (!crossed.isEmpty()) {
      remarks.add(
          "cross is over "
              + String.join(", ", crossed)
              + " alone, which both runs trained and neither distilled with; that of the first is"
              + " over "
              + String.join(", ", first)
              + ", that of the second over "
              + String.join(", ", second));
    } else if (!first.isEmpty() && !second.isEmpty()) {
      remarks.add("no cross: each network that both trained distilled one of the runs");
    }
  }

  private static void remarkOnTests(List<String> remarks, List<Row> rows) {
    if (rows.stream().anyMatch(row -> row.repeats() < 2)) {
      remarks.add("one repeat allows no test; set evaluate.repeats to at least 2");
    }
    List<String> same =
        rows.stream()
            .filter(row -> row.repeats() > 1 && row.p().isEmpty())
            .map(Row::network)
            .toList();
    if (!same.isEmpty()) {
      remarks.add(
          "no test of " + String.join(", ", same) + ": all pairs of repeats differ by the same");
    }
  }

  private static void remarkOnProtocols(
      List<String> remarks,
      Map<String, Object> first,
      Map<String, Object> second,
      Set<String> networks) {
    Object one = first.getOrDefault(SelectedOn.KEY, SelectedOn.NOTHING);
    Object other = second.getOrDefault(SelectedOn.KEY, SelectedOn.NOTHING);
    if (!one.equals(other)) {
      remarks.add(differ(SelectedOn.KEY, one, other));
    }
    for (String key : first.keySet()) {
      // Which images they are, of which iteration, and at which rate they are learned from, belong
      // to what is compared.
      boolean ofImages =
          key.contains("iteration")
              || key.equals("learned-rate")
              || key.equals(SelectedOn.KEY)
              || key.equals(Evaluation.IMAGES)
              || key.equals(Evaluation.IMAGES_SHA256)
              || key.equals(Evaluation.IMAGES_COUNT);
      if (!ofImages && second.containsKey(key)) {
        remarkOn(remarks, key, first.get(key), second.get(key), networks);
      }
    }
  }

  /** Of what is said per network, that of {@code networks} counts. */
  private static void remarkOn(
      List<String> remarks, String key, Object first, Object second, Set<String> networks) {
    if (first instanceof Map<?, ?> one && second instanceof Map<?, ?> other) {
      for (String network : networks) {
        if (!Objects.equals(one.get(network), other.get(network))) {
          remarks.add(differ(key + " of " + network, one.get(network), other.get(network)));
        }
      }
    } else if (!isAlike(first, second, networks)) {
      remarks.add(differ(key, first, second));
    }
  }

  private static String differ(String key, Object first, Object second) {
    return "the protocols differ: " + key + " is " + first + " and " + second;
  }

  /** Whether two values are the same; of lists, an entry a network, those of {@code networks}. */
  private static boolean isAlike(Object first, Object second, Set<String> networks) {
    if (first instanceof List<?> one && second instanceof List<?> other) {
      return of(one, networks).equals(of(other, networks));
    }
    return first.equals(second);
  }

  private static Set<String> of(List<?> entries, Set<String> networks) {
    return entries.stream()
        .map(String::valueOf)
        .filter(entry -> networks.contains(entry.substring(0, Math.max(0, entry.lastIndexOf(' ')))))
        .collect(Collectors.toSet());
  }
}
