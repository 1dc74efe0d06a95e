package org.potstill.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the unpacked libraries as they are while this process loads them. Processes in one time
 * zone share it. One in another has to give the files other times first, and would lead those that
 * are loading to unpack them beneath each other.
 *
 * <p>Within the process, what loads libraries and what looks for addresses in them take turns:
 * JavaCPP looks for an address with glibc's list of libraries locked, which a thread that loads one
 * waits for while it holds the lock that the first needs next. Then no thread can load a library,
 * or begin, ever again.
 */
public final class LoadLock {

  private static final Logger LOG = LoggerFactory.getLogger(LoadLock.class);
  private static final String FILE = ".potstill.lock";

  /** A literal is one object in all class loaders of the process, as glibc's locks are. */
  private static final Object PROCESS = "org.potstill.tensor.LoadLock";

  private LoadLock() {}

  /**
   * Does {@code work}, which loads libraries, when no process changes what is unpacked and it fits
   * this one. Where the folder cannot be written to, nobody changes it, and nothing is waited for.
   *
   * @return what the work returns
   */
  public static <T> T whileLoading(Supplier<T> work) {
    Path folder = NativeCache.prepare();
    synchronized (PROCESS) {
      try (FileChannel channel = locked(folder)) {
        return work.get();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Does {@code work}, which looks for addresses, while no other part of Potstill loads. */
  static void whileNothingLoads(Runnable work) {
    synchronized (PROCESS) {
      work.run();
    }
  }

  /** Whoever closes it gives up the lock; null where there is none to be had. */
  private static FileChannel locked(Path folder) {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              folder.resolve(FILE),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock shared = channel.lock(0, Long.MAX_VALUE, true);
      if (!NativeCache.fits(folder)) {
        shared.release();
        channel.lock();
        NativeCache.adjustTimes(folder);
      }
    } catch (IOException | UncheckedIOException | OverlappingFileLockException e) {
      LOG.debug("{} is used without a lock", folder, e);
    }
    return channel;
  }
}
