package org.potstill.errors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class FileErrorsTest {

  private static final Path FILE = Path.of("runs", "a", "config.yaml");

  @Test
  void errorsWhoseMessageIsAPathAreToldInWords() {
    String path = FILE.toString();
    assertEquals("permission denied", FileErrors.reason(FILE, new AccessDeniedException(path)));
    assertEquals("there is no such file", FileErrors.reason(FILE, new NoSuchFileException(path)));
    assertEquals(
        "it is not a text in UTF-8", FileErrors.reason(FILE, new MalformedInputException(1)));
    assertEquals(
        "the thread was interrupted", FileErrors.reason(FILE, new ClosedByInterruptException()));
  }

  @Test
  void aFileOtherThanTheOneThatIsToldIsNamed() {
    assertEquals("b: permission denied", FileErrors.reason(FILE, new AccessDeniedException("b")));
    assertEquals(
        "b: Read-only file system",
        FileErrors.reason(null, new FileSystemException("b", null, "Read-only file system")));
    assertEquals(
        "b -> c: Invalid cross-device link",
        FileErrors.reason(FILE, new FileSystemException("b", "c", "Invalid cross-device link")));
    assertEquals(
        "b -> c: there is no such file",
        FileErrors.reason(FILE, new NoSuchFileException("b", "c", null)));
  }

  @Test
  void spaceIsNotAskedForWhereItWouldNotHelp() {
    assertTrue(FileErrors.mayBeFull(new IOException("No space left on device")));
    assertTrue(FileErrors.mayBeFull(new FileSystemException("b", null, "Disk quota exceeded")));
    assertTrue(FileErrors.mayBeFull(new IOException()));
    assertFalse(FileErrors.mayBeFull(new AccessDeniedException("b")));
    assertFalse(FileErrors.mayBeFull(new NoSuchFileException("b")));
    assertFalse(FileErrors.mayBeFull(new FileAlreadyExistsException("b")));
    assertFalse(FileErrors.mayBeFull(new FileSystemException("b", null, "Read-only file system")));
    assertFalse(FileErrors.mayBeFull(new FileSystemException("b", null, "File name too long")));
    assertFalse(FileErrors.mayBeFull(new IOException("Input/output error")));
    // Of a limit for files, or of a file system that has no larger ones.
    assertFalse(FileErrors.mayBeFull(new IOException("File too large")));
    assertFalse(FileErrors.mayBeFull(new ClosedByInterruptException()));
  }

  @Test
  void otherErrorsKeepTheirMessage() {
    assertEquals("No space left", FileErrors.reason(FILE, new IOException("No space left")));
    assertEquals("IOException", FileErrors.reason(FILE, new IOException()));
  }
}
