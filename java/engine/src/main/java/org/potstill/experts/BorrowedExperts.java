package org.potstill.experts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.stream.IntStream;
import org.potstill.config.ExpertsConfig;
import org.potstill.distill.ExpertFile;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.run.OtherRun;
import org.potstill.run.RunDirectory;

/**
 * Takes experts of another run ({@code experts.from}). They are linked, not copied, where the file
 * system can: they are large, never written to again, and stay when the other run is deleted.
 */
final class BorrowedExperts {

  private final OtherRun from;
  private final RunDirectory into;

  BorrowedExperts(Path from, RunDirectory into) {
    this.from = new OtherRun("experts.from", from);
    this.into = into;
  }

  /**
   * Checks that there is anything to take.
   *
   * @param own run directory of the run that takes
   * @throws InputException where there is not
   */
  static void requireSome(Path from, Path own) {
    OtherRun other = new OtherRun("experts.from", from);
    other.requireOtherThan(own);
    other.require(ExpertFile.name(0), "train its experts first, or set experts.from: none");
  }

  /** How many of the experts of a configuration are to be trained, as far as files show. */
  static int untrained(ExpertsConfig experts) {
    return (int)
        IntStream.range(0, experts.count())
            .filter(
                expert ->
                    experts.from() == null
                        || !Files.exists(experts.from().resolve(ExpertFile.name(expert))))
            .count();
  }

  /**
   * Takes those that are there and hold what is needed.
   *
   * @param missing numbers of the wanted ones
   * @param epochs that each has to hold
   * @param expected what stands for all that makes them
   * @return how many were taken
   * @throws InputException where one was made of other settings, or is damaged
   * @throws RunFailedException where the disk has no room, and they cannot be linked
   */
  int take(Collection<Integer> missing, SortedSet<Integer> epochs, Fingerprint expected) {
    requireSome(from.root(), into.root());
    int taken = 0;
    for (int expert : missing) {
      Path theirs = from.root().resolve(ExpertFile.name(expert));
      if (Files.exists(theirs)) {
        ExpertFile found = ExpertFile.open(theirs);
        requireSame(found, expected);
        if (found.epochs().containsAll(epochs)) {
          link(theirs, into.resolve(ExpertFile.name(expert)));
          taken++;
        }
      }
    }
    return taken;
  }

  private void requireSame(ExpertFile found, Fingerprint expected) {
    Optional<String> difference = found.difference(expected);
    if (difference.isPresent()) {
      throw new InputException(
          from.words()
              + ": its experts are not those that this run would train: "
              + difference.get()
              + "; undo the change, or set experts.from: none");
    }
  }

  private static void link(Path theirs, Path own) {
    try {
      Files.createDirectories(own.getParent());
      Files.deleteIfExists(own);
      Files.createLink(own, theirs);
    } catch (IOException | UnsupportedOperationException e) {
      // On another file system, or one without links.
      AtomicFiles.write(own, part -> Files.copy(theirs, part));
    }
  }
}
