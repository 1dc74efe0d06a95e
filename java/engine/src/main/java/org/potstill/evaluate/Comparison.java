package org.potstill.evaluate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.apache.commons.math3.stat.inference.TTest;
import org.potstill.errors.InputException;

/**
 * Two evaluations side by side: for every network both trained, and for the mean over the networks
 * that did not distil, the paired t-test over the repeats.
 *
 * <p>Repeats of the same number are pairs: with the same {@code run.seed} they begin from the same
 * weights and see the same augmentations.
 *
 * @param rows networks in the order of the first evaluation, then {@value #CROSS} where both have
 *     it
 * @param remarks what a reader should know, one line each
 */
public record Comparison(List<Row> rows, List<String> remarks) {

  /** Name of the row over the networks that did not distil. */
  public static final String CROSS = "cross";

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
   * @throws InputException where one has none or a damaged one, they have no network in common, or
   *     a network was repeated more often in one than in the other
   */
  public static Comparison of(Path first, Path second) {
    return of(
        EvaluationFile.read(first.resolve(Evaluation.FILE)),
        EvaluationFile.read(second.resolve(Evaluation.FILE)));
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
    first
        .distilled()
        .cross()
        .ifPresent(
            one -> second.distilled().cross().ifPresent(other -> rows.add(row(CROSS, one, other))));
    return new Comparison(List.copyOf(rows), remarks(rows, first.protocol(), second.protocol()));
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
    return new Row(network, repeats, first.mean(), second.mean(), difference.ci95(), p(difference));
  }

  private static OptionalDouble p(Evaluation.NetworkResult difference) {
    if (difference.accuracies().size() < 2 || difference.std() == 0) {
      return OptionalDouble.empty();
    }
    double[] values = difference.accuracies().stream().mapToDouble(Double::doubleValue).toArray();
    return OptionalDouble.of(new TTest().tTest(0, values));
  }

  private static List<String> remarks(
      List<Row> rows, Map<String, Object> first, Map<String, Object> second) {
    List<String> remarks = new ArrayList<>();
    if (rows.stream().anyMatch(row -> row.repeats() < 2)) {
      remarks.add("one repeat allows no test; set evaluate.repeats to at least 2");
    }
    for (String key : first.keySet()) {
      // Which iteration was chosen belongs to what is compared.
      boolean chosen = key.contains("iteration");
      if (!chosen && second.containsKey(key) && !first.get(key).equals(second.get(key))) {
        remarks.add(
            "the protocols differ: " + key + " is " + first.get(key) + " and " + second.get(key));
      }
    }
    return List.copyOf(remarks);
  }
}
