package org.potstill.run;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.potstill.errors.InputException;

/**
 * The data that a run was distilled from.
 *
 * @param root the run directory
 * @param config its resolved configuration
 */
public record DistilledFrom(Path root, ConfigText config) {

  private static final String DISTILL = "distill";
  private static final String EVALUATE = "evaluate";

  /**
   * Checks that {@code other} was distilled from the same images. The digest of a data set takes in
   * seed and settings but not the place; so where the digests differ, the place decides, unless
   * seed and settings are the same. It also decides where one digest is of the training images and
   * the other of all.
   *
   * @param rule what the runs are needed for that have the same, as the end of the refusal
   * @throws InputException where it was not
   */
  public void requireSame(DistilledFrom other, String rule) {
    Answer answer = isSameAs(other);
    if (answer != Answer.YES) {
      boolean samePlace = source().equals(other.source());
      String what = samePlace ? ", which has changed in between" : " and " + other.source();
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s and %s were distilled from different data (%s%s); %s",
              root,
              other.root,
              source(),
              what,
              rule));
    }
  }

  /**
   * Checks the same, but refuses only what is known to be different: of data at two places, digests
   * with different seeds or settings in them do not tell.
   *
   * @param rule as {@link #requireSame} takes it
   * @return what a reader should know where it is not known; else empty
   * @throws InputException where {@code other} was distilled from other images
   */
  public Optional<String> requireNoOther(DistilledFrom other, String rule) {
    if (isSameAs(other) != Answer.UNKNOWN) {
      requireSame(other, rule);
      return Optional.empty();
    }
    String why =
        settings().equals(other.settings())
            ? "their records do not have the same digests of it"
            : "the digests of it on record also take in run.seed and settings, which differ";
    return Optional.of(
        String.format(
            Locale.ROOT,
            "whether %s and %s were distilled from the same data is not known (%s and %s): %s",
            root,
            other.root,
            source(),
            other.source(),
            why));
  }

  private enum Answer {
    YES,
    NO,
    UNKNOWN
  }

  private Answer isSameAs(DistilledFrom other) {
    if (!Collections.disjoint(digests(), other.digests())) {
      return Answer.YES;
    }
    if (isComparable(other) && settings().equals(other.settings())) {
      return Answer.NO;
    }
    return source().equals(other.source()) ? Answer.YES : Answer.UNKNOWN;
  }

  /** Where the data set was. */
  public String source() {
    return config.text("data.source", "the source");
  }

  /** Those of the training images, and of all images, as far as the run has noted them. */
  private Set<String> digests() {
    return StageLog.in(root).known().values().stream()
        .map(StageLog.Entry::dataSet)
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private Optional<String> digest(String stage) {
    return StageLog.in(root).last(stage).map(StageLog.Entry::dataSet);
  }

  /**
   * Whether both have noted a digest of the same images: an evaluation notes that of all, the
   * stages before it that of the training images, but in earlier versions of Potstill that of all.
   * Of two runs without an evaluation it cannot be told which they have; they are taken to have the
   * same.
   */
  private boolean isComparable(DistilledFrom other) {
    if (digest(DISTILL).isEmpty() || other.digest(DISTILL).isEmpty()) {
      return false;
    }
    boolean evaluated = digest(EVALUATE).isPresent();
    boolean otherEvaluated = other.digest(EVALUATE).isPresent();
    return evaluated == otherEvaluated || (evaluated ? hasBoth() : other.hasBoth());
  }

  private boolean hasBoth() {
    return !digest(DISTILL).equals(digest(EVALUATE));
  }

  private String settings() {
    return config.text("run.seed", "") + config.text("data", "").replace(source(), "");
  }
}
