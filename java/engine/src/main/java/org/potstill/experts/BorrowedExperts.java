package org.potstill.experts;

import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.potstill.config.Config;
import org.potstill.config.ExpertsConfig;
import org.potstill.data.Dataset;
import org.potstill.distill.ExpertEpochs;
import org.potstill.distill.ExpertFile;
import org.potstill.errors.InputException;
import org.potstill.run.AtomicFiles;
import org.potstill.run.Fingerprint;
import org.potstill.run.OtherRun;
import org.potstill.run.RunContext;

/**
 * Takes experts of another run ({@code experts.from}). They are linked, not copied, where the file
 * system can: they are large, never written to again, and stay when the other run is deleted.
 */
final class BorrowedExperts {

  private final OtherRun from;
  private final RunContext context;

  BorrowedExperts(Path from, RunContext context) {
    this.from = new OtherRun("experts.from", from);
    this.context = context;
  }

  /**
   * Checks that there is something to take, made of the same settings; not of which core-set, which
   * may not be there yet.
   *
   * @throws InputException where there is not; it says what differs
   */
  static void requireFit(Config config, Dataset data) {
    OtherRun other = new OtherRun("experts.from", config.experts().from());
    other.requireOtherThan(config.run().out());
    Path first =
        other.require(ExpertFile.name(0), "train its experts first, or set experts.from: none");
    ExpertFile found = ExpertFile.open(first);
    Optional<String> difference = found.differenceOfSettings(ExpertEpochs.settings(config, data));
    if (difference.isEmpty()) {
      difference = missing(found, ExpertEpochs.drawn(config));
    }
    if (difference.isPresent()) {
      throw new InputException(
          other.words()
              + ": its experts are not those that this run would train: "
              + difference.get()
              + "; undo the change, or set experts.from: none");
    }
  }

  private static Optional<String> missing(ExpertFile found, SortedSet<Integer> wanted) {
    SortedSet<Integer> missing = new TreeSet<>(wanted);
    missing.removeAll(found.epochs());
    return missing.isEmpty()
        ? Optional.empty()
        : Optional.of("they do not hold the epochs " + missing + ", only " + found.epochs());
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
   * Takes those that are there and as they are needed; of others it warns, and they are trained.
   *
   * @param wanted their numbers
   * @param epochs that each has to hold
   * @param expected what stands for all that makes them
   * @return how many were taken
   * @throws org.potstill.errors.RunFailedException where the disk has no room, and they cannot be
   *     linked
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; those taken
   *     stay
   */
  int take(Collection<Integer> wanted, SortedSet<Integer> epochs, Fingerprint expected) {
    int taken = 0;
    for (int expert : wanted) {
      context.cancellation().throwIfCancelled();
      Path theirs = from.root().resolve(ExpertFile.name(expert));
      if (Files.exists(theirs)) {
        Optional<String> unfit = unfit(theirs, epochs, expected);
        if (unfit.isPresent()) {
          context
              .listener()
              .warning(
                  ExpertsStage.NAME,
                  from.words() + ": expert " + expert + " is trained here: " + unfit.get());
          if (taken == 0) {
            // What is wrong with the first is wrong with all, but for damage, which is rare.
            return 0;
          }
          continue;
        }
        link(theirs, context.directory().resolve(ExpertFile.name(expert)));
        taken++;
        context
            .listener()
            .progress(ExpertsStage.NAME, "taking experts", taken, wanted.size(), "experts");
      }
    }
    return taken;
  }

  private static Optional<String> unfit(
      Path theirs, SortedSet<Integer> epochs, Fingerprint expected) {
    try {
      ExpertFile found = ExpertFile.open(theirs);
      return found.difference(expected).or(() -> missing(found, epochs));
    } catch (InputException e) {
      return Optional.of(e.getMessage());
    }
  }

  private static void link(Path theirs, Path own) {
    AtomicFiles.write(
        own,
        part -> {
          // Not the link that it may be itself.
          Path real = theirs.toRealPath();
          try {
            Files.createLink(part, real);
          } catch (FileSystemException | UnsupportedOperationException e) {
            // On another file system, or one without links.
            Files.copy(real, part);
          }
        });
  }
}
