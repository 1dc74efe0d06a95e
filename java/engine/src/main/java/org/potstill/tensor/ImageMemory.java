package org.potstill.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongSupplier;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.potstill.errors.FileErrors;
import org.potstill.run.AtomicFiles;
import org.potstill.run.ByteSizes;
import org.potstill.run.Folders;
import org.potstill.run.FreeMemory;
import org.potstill.run.RunContext;

/**
 * Memory of the host for images, or what is taken of them, that a stage holds all at once: that of
 * the process, or, where they would take most of what is free, a file mapped into it, of which the
 * system keeps in memory what fits. The values are the same, and so is all that is made of them.
 */
public final class ImageMemory {

  /** Of the memory that is free; networks and their maps need the rest. */
  private static final double SHARE = 0.75;

  private static final String PREFIX = "images";
  private static final String TASK = "making room for images";
  private static final int BLOCK_BYTES = 8 << 20;
  private static final long MEGABYTE = 1_000_000;

  private final RunContext context;
  private final String stage;
  private final LongSupplier free;

  /**
   * For a stage of a run.
   *
   * @param stage what the listener is told
   */
  public ImageMemory(RunContext context, String stage) {
    this(context, stage, FreeMemory::bytes);
  }

  /** The same where {@code free} tells how many bytes are free. */
  ImageMemory(RunContext context, String stage, LongSupplier free) {
    this.context = context;
    this.stage = stage;
    this.free = free;
  }

  /** Whether images of so many bytes stay in the memory of the process where so many are free. */
  public static boolean holds(long bytes, long free) {
    return bytes <= free * SHARE;
  }

  /**
   * A row-major tensor of any values, in the caller's scope. A file that it lies in is deleted
   * already and gives its room back with the tensor, however the process ends.
   *
   * @throws org.potstill.errors.RunCancelledException where the run was asked to stop
   */
  public Tensor empty(torch.ScalarType type, long... shape) {
    long count = 1;
    for (long length : shape) {
      count *= length;
    }
    long bytes = count * torch.elementSize(type);
    long left = free.getAsLong();
    if (bytes == 0 || holds(bytes, left)) {
      return torch.empty(shape, new TensorOptions(type), null);
    }
    String need =
        "what it holds takes "
            + ByteSizes.text(bytes)
            + ", and "
            + ByteSizes.text(left)
            + " of memory are free: ";
    try {
      Tensor mapped = mapped(type, count, bytes);
      context.listener().note(stage, need + "it lies in a file of the run directory");
      return mapped.view(shape);
    } catch (IOException e) {
      context
          .listener()
          .warning(
              stage,
              need
                  + "it cannot lie in a file of the run directory instead, "
                  + FileErrors.reason(null, e));
      return torch.empty(shape, new TensorOptions(type), null);
    }
  }

  private Tensor mapped(torch.ScalarType type, long count, long bytes) throws IOException {
    Path folder = Folders.create(context.directory().progressFolder());
    Path file = Files.createTempFile(folder, PREFIX, AtomicFiles.SUFFIX);
    try {
      write(file, bytes);
      return map(file, type, count);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static Tensor map(Path file, torch.ScalarType type, long count) throws IOException {
    try {
      return torch.from_file(
          file.toString(),
          new BoolOptional(true),
          new LongOptional(count),
          new TensorOptions(type));
    } catch (RuntimeException e) {
      throw new IOException(LibTorch.firstLine(e), e);
    }
  }

  /** Zeros: a disk that is full says so here, where a mapped file with holes would end the JVM. */
  private void write(Path file, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(BLOCK_BYTES, bytes));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (long done = 0; done < bytes; ) {
        context.cancellation().throwIfCancelled();
        zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - done));
        done += channel.write(zeros);
        context.listener().progress(stage, TASK, done / MEGABYTE, bytes / MEGABYTE, "MB");
      }
    }
  }
}
