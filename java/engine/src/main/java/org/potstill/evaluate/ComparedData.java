package org.potstill.evaluate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.potstill.distill.DistillStage;
import org.potstill.distill.DistilledSet;
import org.potstill.errors.InputException;
import org.potstill.errors.Listed;
import org.potstill.run.ConfigText;
import org.potstill.run.DistilledFrom;
import org.potstill.run.StageLog;

/**
 * Whether the accuracies of two runs are of the same data, as far as the runs have it on record.
 */
final class ComparedData {

  private ComparedData() {}

  /**
   * Checks it.
   *
   * @param remarks takes what a reader should know where only a part of the data is the same, or it
   *     is not known whether it is
   * @throws InputException where it is other data
   */
  static void check(Path first, Path second, List<String> remarks) {
    Optional<DistilledFrom> one = of(first);
    Optional<DistilledFrom> other = of(second);
    if (one.isPresent() && other.isPresent()) {
      one.get()
          .requireNoOther(other.get(), "accuracies on the same data are compared")
          .ifPresent(remarks::add);
      checkClasses(first, second, remarks);
      checkTests(first, second, remarks);
    }
  }

  private static Optional<DistilledFrom> of(Path run) {
    Path config = run.resolve(ConfigText.FILE);
    return Files.exists(config)
        ? StageLog.in(run)
            .last(DistillStage.NAME)
            .map(distill -> new DistilledFrom(run, ConfigText.read(config)))
        : Optional.empty();
  }

  /** The same source may have been asked for other classes. */
  private static void checkClasses(Path first, Path second, List<String> remarks) {
    Set<String> one = classes(first);
    Set<String> other = classes(second);
    if (one.isEmpty() || other.isEmpty() || one.equals(other)) {
      return;
    }
    if (one.stream().noneMatch(other::contains)) {
      throw new InputException(
          "the two runs have no class in common: "
              + first
              + " has "
              + Listed.some(one)
              + ", and "
              + second
              + " has "
              + Listed.some(other));
    }
    String only =
        Stream.of(only(first, one, other), only(second, other, one))
            .filter(words -> !words.isEmpty())
            .collect(Collectors.joining("; "));
    remarks.add("the runs are not of the same classes: " + only);
  }

  private static String only(Path run, Set<String> own, Set<String> others) {
    Set<String> rest = new LinkedHashSet<>(own);
    rest.removeAll(others);
    return rest.isEmpty() ? "" : "only " + run + " has " + Listed.some(rest);
  }

  /** All images are known by another digest, though the training images are by the same. */
  private static void checkTests(Path first, Path second, List<String> remarks) {
    Optional<String> one = digest(first, EvaluateStage.NAME);
    Optional<String> other = digest(second, EvaluateStage.NAME);
    if (one.isPresent()
        && other.isPresent()
        && !one.equals(other)
        && digest(first, DistillStage.NAME).equals(digest(second, DistillStage.NAME))) {
      remarks.add(
          "the runs were not measured on the same test images: files were added, removed or changed"
              + " in between");
    }
  }

  private static Optional<String> digest(Path run, String stage) {
    return StageLog.in(run).last(stage).map(StageLog.Entry::dataSet);
  }

  private static Set<String> classes(Path run) {
    Path images = run.resolve(DistilledSet.FILE);
    return Files.exists(images) ? new LinkedHashSet<>(DistilledSet.classKeys(images)) : Set.of();
  }
}
