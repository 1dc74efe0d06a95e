package org.potstill.errors;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Set;

/** Why a file could not be used, in words: the messages of many errors are only its path. */
public final class FileErrors {

  private static final Set<String> OTHER_CAUSES =
      Set.of("Read-only file system", "Input/output error", "File name too long", "File too large");

  private FileErrors() {}

  /**
   * The reason, for example {@code permission denied}; with the path in front where it is another
   * than that of the file which the sentence is about.
   *
   * @param told that file; null where the sentence names none
   */
  public static String reason(Path told, IOException error) {
    if (error instanceof CharacterCodingException) {
      return "it is not a text in UTF-8";
    }
    if (error instanceof ClosedByInterruptException) {
      return "the thread was interrupted";
    }
    if (error instanceof FileSystemException system) {
      if (system.getOtherFile() != null) {
        return system.getFile() + " -> " + system.getOtherFile() + ": " + words(system);
      }
      boolean isTold = system.getFile() == null || system.getFile().equals(String.valueOf(told));
      return isTold ? words(system) : system.getFile() + ": " + words(system);
    }
    return error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
  }

  /** Whether more room might help where a file could not be written: no other cause is known. */
  public static boolean mayBeFull(IOException error) {
    // Subclasses each stand for a cause.
    boolean named =
        error instanceof ClosedByInterruptException
            || (error instanceof FileSystemException
                && error.getClass() != FileSystemException.class);
    String message = String.valueOf(error.getMessage());
    return !named && OTHER_CAUSES.stream().noneMatch(message::endsWith);
  }

  private static String words(FileSystemException error) {
    if (error.getReason() != null) {
      return error.getReason();
    }
    if (error instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (error instanceof NoSuchFileException) {
      return "there is no such file";
    }
    if (error instanceof FileAlreadyExistsException) {
      return "a file or link of that name is in the way";
    }
    if (error instanceof NotDirectoryException) {
      return "it is not a folder";
    }
    if (error instanceof DirectoryNotEmptyException) {
      return "a folder of that name is in the way";
    }
    return error.getClass().getSimpleName();
  }
}
