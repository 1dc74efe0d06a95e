package org.potstill.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * The checkpoints of one stage: each appears whole or not at all, the newest two are kept. Beside
 * each lies its SHA-256 ({@link Checksums}); one without, as earlier versions wrote them, is left
 * to its reader.
 */
public final class Checkpoints {

  private static final int KEPT = 2;
  private static final String ADVICE = "; put it back, or begin anew with --overwrite";

  private final Path folder;
  private final String stage;
  private final Pattern name;

  Checkpoints(Path folder, String stage) {
    this.folder = folder;
    this.stage = stage;
    this.name = Pattern.compile(Pattern.quote(stage) + "-(\\d{9,18})\\.safetensors");
  }

  /**
   * A checkpoint on disk.
   *
   * @param step how many steps (iterations, epochs) were done when it was written
   * @param file a safetensors file whose content is the stage's own affair
   */
  public record Checkpoint(long step, Path file) {}

  /**
   * Writes the checkpoint after {@code step} steps, then deletes those older than the newest two.
   *
   * @throws RunFailedException where it cannot be written; the older ones stay
   */
  public void save(long step, AtomicFiles.Writer writer) {
    Path file = folder.resolve(String.format(Locale.ROOT, "%s-%09d.safetensors", stage, step));
    Checksums.write(file, writer);
    deleteOld();
  }

  private void deleteOld() {
    List<Checkpoint> all = list();
    for (Checkpoint old : all.subList(0, Math.max(0, all.size() - KEPT))) {
      Checksums.deleteBoth(old.file());
    }
  }

  /**
   * What {@code reader} makes of the newest checkpoint that it can read. Where the process that
   * wrote that was killed before {@link #save} ended, the rest is done now.
   *
   * @param reader throws {@link InputException} at a damaged file and has changed nothing then
   * @param warn hears of every damaged file that was passed over
   * @return empty where there is no checkpoint
   * @throws InputException where none can be read: what is wrong with the newest
   * @throws RunFailedException where the newest lacks its checksum, which cannot be written
   */
  public <T> Optional<T> restore(Function<Checkpoint, T> reader, Consumer<String> warn) {
    return find(
        checkpoint -> {
          T restored = reader.apply(checkpoint);
          finish(checkpoint);
          return restored;
        },
        warn);
  }

  /** Does what is left to do of saving a checkpoint, where it is the newest. */
  private void finish(Checkpoint saved) {
    List<Checkpoint> all = list();
    if (saved.equals(all.get(all.size() - 1))) {
      Checksums.complete(saved.file());
      deleteOld();
    }
  }

  private <T> Optional<T> find(Function<Checkpoint, T> reader, Consumer<String> warn) {
    InputException newest = null;
    String passedOver = null;
    List<Checkpoint> all = list();
    for (int i = all.size() - 1; i >= 0; i--) {
      String damage = Checksums.damage(all.get(i).file());
      if (!damage.isEmpty()) {
        passedOver = passedOver == null ? damage : passedOver;
        newest = newest == null ? new InputException(damage + ADVICE) : newest;
        continue;
      }
      try {
        T restored = reader.apply(all.get(i));
        if (passedOver != null) {
          warn.accept(passedOver + "; going on from the one before, at " + all.get(i).step());
        }
        return Optional.of(restored);
      } catch (InputException e) {
        passedOver = passedOver == null ? e.getMessage() : passedOver;
        newest = newest == null ? e : newest;
      }
    }
    if (newest != null) {
      throw newest;
    }
    return Optional.empty();
  }

  /**
   * Checks that there is something to go on from, if there are checkpoints at all.
   *
   * @throws InputException where all of them are damaged: what is wrong with the newest
   */
  public void requireUndamaged() {
    find(checkpoint -> checkpoint, warning -> {});
  }

  /** Whether there is a checkpoint, be it damaged. */
  public boolean any() {
    return !list().isEmpty();
  }

  /** Deletes all checkpoints of the stage. */
  public void clear() {
    list().forEach(checkpoint -> Checksums.deleteBoth(checkpoint.file()));
  }

  private List<Checkpoint> list() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(this::parse)
          .flatMap(Optional::stream)
          .sorted(Comparator.comparingLong(Checkpoint::step))
          .toList();
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot list " + folder + ": " + FileErrors.reason(folder, e), e);
    }
  }

  private Optional<Checkpoint> parse(Path file) {
    Matcher match = name.matcher(file.getFileName().toString());
    return match.matches()
        ? Optional.of(new Checkpoint(Long.parseLong(match.group(1)), file))
        : Optional.empty();
  }
}
