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
  private final Object key;

  private RunLock(Path real, FileChannel channel, Object key) {
    this.real = real;
    this.channel = channel;
    this.key = key;
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
    Object made = null;
    boolean taken = false;
    try {
      made = make(file);
      channel = FileChannel.open(file, StandardOpenOption.WRITE);
      lock = channel.tryLock();
      taken = lock != null && made.equals(key(file));
    } catch (OverlappingFileLockException e) {
      // Held by a copy of this class, of another class loader; told below like another process.
    } finally {
      if (!taken) {
        giveBack(real, channel);
      }
    }
    if (lock == null) {
      throw held(folder);
    }
    if (!taken) {
      throw new NoSuchFileException(file.toString());
    }
    return new RunLock(real, channel, made);
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

  /** In this order: who takes it next in this process must not lose it to a channel of before. */
  private static void giveBack(Path real, FileChannel channel) throws IOException {
    try {
      if (channel != null) {
        channel.close();
      }
    } finally {
      HELD.remove(real);
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

  /**
   * Deletes the file, unless it is another one by now.
   *
   * @return whether it did
   * @throws NoSuchFileException where there is none
   */
  boolean delete() throws IOException {
    Path file = real.resolve(FILE);
    return key.equals(key(file)) && Files.deleteIfExists(file);
  }

  /** Gives the lock back; a second call does nothing. */
  @Override
  public void close() throws IOException {
    if (isHeld()) {
      giveBack(real, channel);
    }
  }
}
