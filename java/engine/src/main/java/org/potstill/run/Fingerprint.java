package org.potstill.run;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.potstill.errors.FileErrors;
import org.potstill.errors.InputException;

/**
 * All that goes into a stage, by name: configuration keys, the data set, files it reads. Kept as
 * pairs, so that a mismatch can say what changed.
 *
 * @param values what each name stands for
 */
public record Fingerprint(@JsonValue SortedMap<String, String> values) {

  /** Copies the values. */
  @JsonCreator
  public Fingerprint(SortedMap<String, String> values) {
    this.values = new TreeMap<>(values);
  }

  /** A fingerprint of {@code values}. */
  public static Fingerprint of(Map<String, String> values) {
    return new Fingerprint(new TreeMap<>(values));
  }

  /** This fingerprint with one more value. */
  public Fingerprint with(String name, String value) {
    SortedMap<String, String> more = new TreeMap<>(values);
    more.put(name, value);
    return new Fingerprint(more);
  }

  /** One line on the first name whose value differs in {@code now}; empty where none does. */
  public Optional<String> firstDifference(Fingerprint now) {
    TreeMap<String, String> names = new TreeMap<>(values);
    names.putAll(now.values);
    for (String name : names.keySet()) {
      String before = values.getOrDefault(name, "not set");
      String after = now.values.getOrDefault(name, "not set");
      if (!before.equals(after)) {
        return Optional.of(name + " was " + before + " and is now " + after);
      }
    }
    return Optional.empty();
  }

  /** SHA-256 of all names and values, in hexadecimal. */
  public String hash() {
    MessageDigest digest = Sha256.begin();
    values.forEach(
        (name, value) ->
            digest.update((name + "\0" + value + "\0").getBytes(StandardCharsets.UTF_8)));
    return Sha256.hex(digest);
  }

  /**
   * SHA-256 of the content of {@code file}, in hexadecimal.
   *
   * @throws InputException where it cannot be read
   */
  public static String ofFile(Path file) {
    MessageDigest digest = Sha256.begin();
    try (InputStream in = Files.newInputStream(file);
        DigestOutputStream out =
            new DigestOutputStream(java.io.OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    } catch (IOException e) {
      throw new InputException("cannot read " + file + ": " + FileErrors.reason(file, e), e);
    }
    return Sha256.hex(digest);
  }
}
