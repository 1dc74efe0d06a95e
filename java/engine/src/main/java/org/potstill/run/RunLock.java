package org.potstill.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.potstill.errors.InputException;

/**
 * The lock of a run directory: one process, and one place in it, works there at a time. The
 * operating system gives it back even when the process is killed.
 */
final class RunLock implements AutoCloseable {

  /** The file that is locked. */
  static final String FILE = ".lock";

  /**
   * Those held in this process. The lock file of one is not opened again: where any of its channels
   * is closed, the operating system takes the lock from the whole process.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path real;
  private final FileChannel channel;
  private final FileLock lock;

  private RunLock(Path real, FileChannel channel, FileLock lock) {
    this.real = real;
    this.channel = channel;
    this.lock = lock;
  }

  /** Whether a folder has been locked, now or earlier. */
  static boolean wasTaken(Path folder) {
    return Files.isRegularFile(folder.resolve(FILE));
  }

  /**
   * Locks a folder.
   *
   * @throws InputException where it is locked
   * @throws NoSuchFileException where the folder, or the lock in it, is deleted at this moment, as
   *     by a run that made it and then wrote nothing
   * @throws IOException where it cannot be written to
   */
  static RunLock take(Path folder) throws IOException {
    Path real = folder.toRealPath();
    if (!HELD.add(real)) {
      throw held(folder);
    }
    Path file = folder.resolve(FILE);
    FileChannel channel = null;
    FileLock lock = null;
    try {
      Object made = make(file);
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      lock = channel.tryLock();
      if (lock != null && !made.equals(key(file))) {
        lock.release();
        lock = null;
        throw new NoSuchFileException(file.toString());
      }
    } catch (OverlappingFileLockException e) {
      // Held by a copy of this class, of another class loader; told below like another process.
    } finally {
      if (lock == null) {
        HELD.remove(real);
        closeUnlocked(channel);
      }
    }
    if (lock == null) {
      throw held(folder);
    }
    return new RunLock(real, channel, lock);
  }

  /** Makes the file where it is missing; its key, by which it is told from a later one. */
  private static Object make(Path file) throws IOException {
    try {
      Files.createFile(file);
    } catch (FileAlreadyExistsException e) {
      // As it mostly is.
    }
    return key(file);
  }

  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private static void closeUnlocked(FileChannel channel) throws IOException {
    if (channel != null) {
      channel.close();
    }
  }

  private static InputException held(Path folder) {
    return new InputException(
        "another run is working in " + folder + "; wait for it or choose another --out");
  }

  /** Whether it has not been given back. */
  boolean isHeld() {
    return channel.isOpen();
  }

  /** Gives the lock back; a second call does nothing. */
  @Override
  public void close() throws IOException {
    if (isHeld()) {
      try (channel) {
        lock.release();
      } finally {
        HELD.remove(real);
      }
    }
  }
}
