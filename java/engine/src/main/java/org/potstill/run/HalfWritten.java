package org.potstill.run;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Halves of files in a run directory, as a killed process leaves them: they would stay wherever no
 * file of the same name is written again.
 */
final class HalfWritten extends SimpleFileVisitor<Path> {

  private final Path root;

  private HalfWritten(Path root) {
    this.root = root;
  }

  /** Deletes those of the run in {@code root}, which no other process may be writing. */
  static void delete(Path root) throws IOException {
    // The folder may be a link.
    Path real = root.toRealPath();
    Files.walkFileTree(real, new HalfWritten(real));
  }

  @Override
  public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
    return folder.equals(root) || isOfRun(root.relativize(folder).getName(0).toString())
        ? FileVisitResult.CONTINUE
        : FileVisitResult.SKIP_SUBTREE;
  }

  @Override
  public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
    if (isHalf(file)) {
      Files.deleteIfExists(file);
    }
    return FileVisitResult.CONTINUE;
  }

  @Override
  public FileVisitResult visitFileFailed(Path file, IOException error) {
    // Whoever needs it says what is wrong with it.
    return FileVisitResult.CONTINUE;
  }

  /** In the run directory itself others may have files of such a name. */
  private boolean isHalf(Path file) {
    String name = file.getFileName().toString();
    if (!name.endsWith(AtomicFiles.SUFFIX)) {
      return false;
    }
    String whole = name.substring(0, name.length() - AtomicFiles.SUFFIX.length());
    return !file.getParent().equals(root) || isOfRun(whole);
  }

  private static boolean isOfRun(String name) {
    return RunContents.isWritten(name);
  }
}
