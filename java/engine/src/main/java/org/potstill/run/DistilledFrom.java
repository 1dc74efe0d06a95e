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

  private static final String DATA_SET = "data set";
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
    boolean sameDigest = !Collections.disjoint(digests(), other.digests());
    boolean samePlace = source().equals(other.source());
    boolean changed = isComparable(other) && settings().equals(other.settings());
    if (!sameDigest && (!samePlace || changed)) {
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

  /** Where the data set was. */
  public String source() {
    return config.text("data.source", "the source");
  }

  /** Those of the training images, and of all images, as far as the run has noted them. */
  private Set<String> digests() {
    return StageLog.in(root).known().values().stream()
        .map(entry -> entry.fingerprint().values().get(DATA_SET))
        .filter(Objects::nonNull)
        .collect(Collectors.toSet());
  }

  private Optional<String> digest(String stage) {
    return StageLog.in(root).last(stage).map(entry -> entry.fingerprint().values().get(DATA_SET));
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
