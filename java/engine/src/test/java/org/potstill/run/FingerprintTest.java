package org.potstill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.potstill.errors.InputException;

class FingerprintTest {

  @TempDir Path temp;

  @Test
  void aFolderInThePlaceOfAFileIsToldWithItsName() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("evaluation.json"));
    InputException error = assertThrows(InputException.class, () -> Fingerprint.ofFile(folder));
    assertEquals("cannot read " + folder + ": Is a directory", error.getMessage());
  }

  @Test
  void namesAndValuesOfAFingerprintAreKeptApart() {
    assertNotEquals(
        Fingerprint.of(Map.of("score.batch", "12")).hash(),
        Fingerprint.of(Map.of("score.batch1", "2")).hash());
    assertNotEquals(
        Fingerprint.of(Map.of("a", "1", "b", "2")).hash(),
        Fingerprint.of(Map.of("a", "1b2")).hash());
  }

  @Test
  void whatOneOfTwoFingerprintsLacksIsADifference() {
    Fingerprint one = Fingerprint.of(Map.of("a", "1"));
    Fingerprint more = one.with("b", "2");
    assertEquals(Optional.of("b was not set and is now 2"), one.firstDifference(more));
    assertEquals(Optional.of("b was 2 and is now not set"), more.firstDifference(one));
    assertEquals(Optional.empty(), more.firstDifference(one.with("b", "2")));
  }

  @Test
  void aFileIsHashedAgainOnlyWhereItChanged() throws IOException {
    Path file = Files.writeString(temp.resolve("weights"), "a");
    String first = FileHashes.of(file);
    assertEquals(Fingerprint.ofFile(file), first);
    FileTime time = Files.getLastModifiedTime(file);
    Files.writeString(file, "b");
    Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 1000));
    assertEquals(Fingerprint.ofFile(file), FileHashes.of(file));
    Files.setLastModifiedTime(file, time);
    assertEquals(first, FileHashes.of(file), "it was not read again");
    Files.writeString(file, "bb");
    assertEquals(Fingerprint.ofFile(file), FileHashes.of(file));
    Files.delete(file);
    assertThrows(InputException.class, () -> FileHashes.of(file));
  }
}
