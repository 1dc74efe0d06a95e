package org.potstill.run;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.potstill.errors.InputException;

/** The record of finished stages, {@code stages.json}, read and written whole at every call. */
public final class StageLog {

  /** Name in the run directory. */
  static final String FILE = "stages.json";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;

  StageLog(Path file) {
    this.file = file;
  }

  /**
   * The record of the run in {@code directory}, without locking it: for readers. The file is
   * replaced as a whole, so what is read is never half of it.
   */
  public static StageLog in(Path directory) {
    return new StageLog(directory.resolve(FILE));
  }

  /**
   * A finished stage.
   *
   * @param fingerprint all that went into it
   * @param outputs SHA-256 of files it wrote that later stages read, by path in the run directory
   * @param seconds wall time in the process that finished it
   * @param environment versions and devices it ran on
   */
  public record Entry(
      Fingerprint fingerprint,
      Map<String, String> outputs,
      double seconds,
      Map<String, String> environment) {}

  /** The entry of {@code stage}, if it was finished. */
  public Optional<Entry> entry(String stage) {
    return Optional.ofNullable(entries().get(stage));
  }

  /** All finished stages in the order in which they were finished. */
  public Map<String, Entry> entries() {
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      return JSON.readValue(file.toFile(), new TypeReference<LinkedHashMap<String, Entry>>() {});
    } catch (IOException e) {
      throw new InputException(
          file
              + " cannot be read ("
              + JsonErrors.reason(e)
              + "); put it back, or delete it, and --resume goes on from the checkpoints that are left",
          e);
    }
  }

  /** Records that {@code stage} was finished. */
  public void put(String stage, Entry entry) {
    Map<String, Entry> all = new LinkedHashMap<>(entries());
    all.remove(stage);
    all.put(stage, entry);
    write(all);
  }

  /** Forgets {@code stage}; nothing happens where it was not finished. */
  public void remove(String stage) {
    Map<String, Entry> all = new LinkedHashMap<>(entries());
    if (all.remove(stage) != null) {
      write(all);
    }
  }

  private void write(Map<String, Entry> all) {
    AtomicFiles.write(file, path -> JSON.writeValue(path.toFile(), all));
  }
}
