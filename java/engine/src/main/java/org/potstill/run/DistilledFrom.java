package org.potstill.run;

import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
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

  /**
   * Checks that {@code other} was distilled from the same images. The digest of a data set takes in
   * seed and settings but not the place; so where the digests differ, the place decides, unless
   * seed and settings are the same.
   *
   * @param rule what the runs are needed for that have the same, as the end of the refusal
   * @throws InputException where it was not
   */
  public void requireSame(DistilledFrom other, String rule) {
    boolean sameDigest = !Collections.disjoint(digests(), other.digests());
    boolean samePlace = source().equals(other.source());
    boolean sameSettings = settings().equals(other.settings());
    if (!sameDigest && (!samePlace || sameSettings)) {
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

  /**
   * Those of the training images, and of all images, where the run was evaluated: earlier versions
   * of Potstill have the latter alone.
   */
  private Set<String> digests() {
    return StageLog.in(root).known().values().stream()
        .map(entry -> String.valueOf(entry.fingerprint().values().get(DATA_SET)))
        .collect(Collectors.toSet());
  }

  private String settings() {
    return config.text("run.seed", "") + config.text("data", "").replace(source(), "");
  }
}
