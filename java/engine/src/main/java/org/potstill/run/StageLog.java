package org.potstill.run;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;
import org.potstill.errors.RunFailedException;

/**
 * The record of finished stages, {@code stages.json}, read and written whole at every call. Beside
 * it is kept how stages that are done again were finished before, until they are.
 */
public final class StageLog {

  /** Name in the run directory. */
  static final String FILE = "stages.json";

  /** Name of what is kept of stages that are done again. */
  static final String BEFORE = "stages-before.json";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;
  private final Path before;

  private StageLog(Path directory) {
    file = directory.resolve(FILE);
    before = directory.resolve(BEFORE);
  }

  /**
   * The record of the run in {@code directory}, without locking it: for readers. The file is
   * replaced as a whole, so what is read is never half of it.
   */
  public static StageLog in(Path directory) {
    return new StageLog(directory);
  }

  /**
   * A finished stage.
   *
   * @param fingerprint all that went into it
   * @param outputs SHA-256 of files it wrote that later stages read, by path in the run directory
   * @param seconds wall time, of all processes that worked on it one after the other
   * @param environment versions and devices it ran on
   */
  public record Entry(
      Fingerprint fingerprint,
      Map<String, String> outputs,
      double seconds,
      Map<String, String> environment) {

    /** Refuses a part that is missing and missed, as in a damaged file. */
    public Entry {
      if (fingerprint == null || outputs == null) {
        throw new IllegalArgumentException("a stage lacks its fingerprint or outputs");
      }
      environment = environment == null ? Map.of() : environment;
    }

    /** What {@link #dataSet} is noted under in the fingerprint. */
    public static final String DATA_SET = "data set";

    /** What stands for the images that the stage read; null where none is noted. */
    public String dataSet() {
      return fingerprint.values().get(DATA_SET);
    }
  }

  /** The entry of {@code stage}, if it was finished. */
  public Optional<Entry> entry(String stage) {
    return Optional.ofNullable(entries().get(stage));
  }

  /** As {@link #entry}, or as it was last finished where it was set aside. */
  public Optional<Entry> last(String stage) {
    return entry(stage).or(() -> Optional.ofNullable(read(before).get(stage)));
  }

  /** All stages that are finished, or were before they were set aside. */
  public Map<String, Entry> known() {
    Map<String, Entry> all = new LinkedHashMap<>(read(before));
    all.putAll(entries());
    return all;
  }

  /** All finished stages in the order in which they were finished. */
  public Map<String, Entry> entries() {
    return read(file);
  }

  private static Map<String, Entry> read(Path file) {
    if (!Files.exists(file)) {
      return Map.of();
    }
    Map<String, Entry> all;
    try {
      all = JSON.readValue(file.toFile(), new TypeReference<LinkedHashMap<String, Entry>>() {});
    } catch (IOException e) {
      throw damaged(file, JsonErrors.reason(e), e);
    }
    if (all == null || all.containsValue(null)) {
      throw damaged(file, "null in the place of what is known of a stage", null);
    }
    return all;
  }

  private static InputException damaged(Path file, String reason, IOException cause) {
    return new InputException(
        file
            + " cannot be read ("
            + reason
            + "); put it back, or delete it, and --resume goes on from the checkpoints that are left",
        cause);
  }

  /** Records that {@code stage} was finished. */
  public void put(String stage, Entry entry) {
    Map<String, Entry> all = new LinkedHashMap<>(entries());
    all.remove(stage);
    all.put(stage, entry);
    write(file, all);
    forgetBefore(stage);
  }

  /**
   * Forgets how {@code stage} was finished before, where it is on record: a process may have been
   * killed before it took it off.
   *
   * @throws RunFailedException where the file cannot be written or deleted
   */
  public void forgetBefore(String stage) {
    Map<String, Entry> all = new LinkedHashMap<>(read(before));
    if (all.remove(stage) == null) {
      return;
    }
    if (!all.isEmpty()) {
      write(before, all);
      return;
    }
    try {
      Files.deleteIfExists(before);
    } catch (IOException e) {
      throw new RunFailedException(
          "cannot delete " + before + ": " + FileErrors.reason(before, e), e);
    }
  }

  /** Takes {@code stages} off the record, but for {@link #last}, since they are done again. */
  public void setAside(List<String> stages) {
    Map<String, Entry> all = new LinkedHashMap<>(entries());
    Map<String, Entry> aside = new LinkedHashMap<>(all);
    aside.keySet().retainAll(stages);
    if (!aside.isEmpty()) {
      Map<String, Entry> earlier = new LinkedHashMap<>(read(before));
      earlier.putAll(aside);
      write(before, earlier);
      all.keySet().removeAll(stages);
      write(file, all);
    }
  }

  /** Forgets {@code stage}; nothing happens where it was not finished. */
  public void remove(String stage) {
    Map<String, Entry> all = new LinkedHashMap<>(entries());
    if (all.remove(stage) != null) {
      write(file, all);
    }
  }

  private static void write(Path file, Map<String, Entry> all) {
    // By Files and not by Jackson, whose errors say less.
    AtomicFiles.write(file, path -> Files.writeString(path, JSON.writeValueAsString(all)));
  }
}
