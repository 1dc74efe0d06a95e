package org.potstill.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the unpacked libraries as they are while this process loads them. Processes in one time
 * zone share it. One in another has to give the files other times first, and would lead those that
 * are loading to unpack them beneath each other.
 */
public final class LoadLock implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(LoadLock.class);
  private static final String FILE = ".potstill.lock";

  /** How long to wait for another class loader of this process, for which Java does not wait. */
  private static final int PAUSE_MILLISECONDS = 20;

  private final FileChannel channel;

  private LoadLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits until no process changes what is unpacked, and makes it fit for this one. Where the
   * folder cannot be written to, nobody changes it, and there is nothing to wait for.
   */
  public static LoadLock take() {
    Path folder = NativeCache.prepare();
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              folder.resolve(FILE),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock shared = lock(channel, true);
      if (!NativeCache.fits(folder)) {
        shared.release();
        lock(channel, false);
        NativeCache.adjustTimes(folder);
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("{} is used without a lock", folder, e);
    }
    return new LoadLock(channel);
  }

  private static FileLock lock(FileChannel channel, boolean shared) throws IOException {
    while (true) {
      try {
        return channel.lock(0, Long.MAX_VALUE, shared);
      } catch (OverlappingFileLockException e) {
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(PAUSE_MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
