package org.potstill.experts;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
import org.potstill.run.Folders;
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
    Optional<String> difference = difference(first, config, data);
    if (difference.isPresent()) {
      throw new InputException(
          other.words()
              + ": its experts are not those that this run would train: "
              + difference.get()
              + "; undo the change, or set experts.from: none");
    }
  }

  /** Of a damaged one it cannot be told; it is trained, and the others may be sound. */
  private static Optional<String> difference(Path first, Config config, Dataset data) {
    ExpertFile found;
    try {
      found = ExpertFile.open(first);
    } catch (InputException e) {
      return Optional.empty();
    }
    return found
        .differenceOfSettings(ExpertEpochs.settings(config, data), data)
        .or(() -> missing(found, ExpertEpochs.drawn(config)));
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
   * @param data what they are made of
   * @return how many were taken
   * @throws org.potstill.errors.RunFailedException where the disk has no room, and they cannot be
   *     linked
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop; those taken
   *     stay
   */
  int take(
      Collection<Integer> wanted, SortedSet<Integer> epochs, Fingerprint expected, Dataset data) {
    int taken = 0;
    boolean warned = false;
    for (int expert : wanted) {
      context.cancellation().throwIfCancelled();
      Path theirs = from.root().resolve(ExpertFile.name(expert));
      if (Files.exists(theirs)) {
        Optional<String> difference;
        try {
          ExpertFile found = ExpertFile.open(theirs);
          difference = found.difference(expected, data).or(() -> missing(found, epochs));
        } catch (InputException e) {
          warn("expert " + expert + " is trained here: " + e.getMessage());
          warned = true;
          continue;
        }
        if (difference.isPresent()) {
          // In the others it is the same.
          warn("the rest is trained here: its experts are others: " + difference.get());
          return taken;
        }
        link(theirs, context.directory().resolve(ExpertFile.name(expert)));
        taken++;
        context
            .listener()
            .progress(ExpertsStage.NAME, "taking experts", taken, wanted.size(), "experts");
      }
    }
    if (taken == 0 && !warned) {
      warn("there are none of those that are wanted; they are trained here");
    }
    return taken;
  }

  private void warn(String message) {
    context.listener().warning(ExpertsStage.NAME, from.words() + ": " + message);
  }

  /** Links it, whoever may write to it; the part is not synchronised, being there already. */
  private static void link(Path theirs, Path own) {
    Path part = own.resolveSibling(own.getFileName() + AtomicFiles.SUFFIX);
    try {
      // Not the link that it may be itself.
      Path real = theirs.toRealPath();
      Folders.create(own.getParent());
      Files.deleteIfExists(part);
      Files.createLink(part, real);
      Files.move(part, own, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | UnsupportedOperationException e) {
      // On another file system, or one without links.
      AtomicFiles.write(own, copy -> copy(theirs, copy));
    }
  }

  /** Without its permissions: it may be for reading only. */
  private static void copy(Path theirs, Path own) throws IOException {
    try (InputStream in = Files.newInputStream(theirs)) {
      Files.copy(in, own);
    }
  }
}
